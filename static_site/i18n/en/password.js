import codes from './codes.js';

/** @type {typeof import('../ru/password.js').default} */
const words = {
  ...codes,
  heading: 'Password of this cabinet',
  about: 'Afterwards you are signed out everywhere else, and stay signed in here.',
  current: 'Your present or issued password',
  next: 'New password',
  rules: 'At least 12 characters. A phrase of several words will do.',
  set: 'Change the password',
  changed: 'The password is changed, other devices are signed out.',
};
export default words;
