/** @type {typeof import('../ru/password.js').default} */
const words = {
  heading: 'Password of this cabinet',
  about: 'Afterwards you are signed out everywhere else, and stay signed in here.',
  current: 'Your present or issued password',
  next: 'New password',
  rules: 'At least 12 characters. A phrase of several words will do.',
  set: 'Change the password',
  changed: 'The password is changed, other devices are signed out.',
  show: 'Show',
  hide: 'Hide',
  shows: (label) => `Show: ${label}`,
  hides: (label) => `Hide: ${label}`,
  working: 'Sending…',
};
export default words;
