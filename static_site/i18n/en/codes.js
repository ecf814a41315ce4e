/** @type {typeof import('../ru/codes.js').default} */
const words = {
  ways: { pay: 'Top up', repay_promise: 'Repay the promised payment', resume: 'To services', cancel_planned: 'To services', change_card: 'To autopay' },
  availableFrom: (day) => `Possible from ${day}.`,
  stepUp: 'To go on, please confirm that it is you.',
  portal: 'Password of this cabinet',
  confirm: 'Confirm and go on',
  back: 'Back',
  show: 'Show',
  hide: 'Hide',
  shows: (label) => `Show: ${label}`,
  hides: (label) => `Hide: ${label}`,
  working: 'Sending…',
  toServices: 'To services',
};
export default words;
