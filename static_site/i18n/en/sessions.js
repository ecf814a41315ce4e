/** @type {typeof import('../ru/sessions.js').default} */
const words = {
  heading: 'Devices and sign-ins',
  about: 'This is where your account is open. If you do not know a device, end its sign-in.',
  unknown: 'Unknown device',
  current: 'This device',
  started: 'Signed in:',
  seen: 'Last seen:',
  end: 'End',
  endNamed: (device) => `End sign-in: ${device}`,
  ending: 'Ending…',
  ended: 'The sign-in is ended.',
  endAll: 'End all others',
  endedAll: 'All other sign-ins are ended.',
  toPassword: 'Change the password of this cabinet',
  onlyThis: 'There are no other sign-ins.',
};
export default words;
