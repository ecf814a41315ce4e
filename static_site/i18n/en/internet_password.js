import codes from './codes.js';

/** @type {typeof import('../ru/internet_password.js').default} */
const words = {
  ...codes,
  heading: 'Internet password',
  about: 'Your router or computer signs in to the network with it. Changed here, it must be typed into the router, too.',
  generate: 'Make one for me',
  own: 'A new password of your own',
  rules: '8 to 32 characters: Latin letters, digits and signs, no blanks',
  set: 'Change the password',
  changed: 'The internet password is changed.',
  made: 'The internet password is changed. Write it down: it is not shown again.',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'Could not copy, please select it',
  stepUp: 'To change the internet password, please confirm that it is you.',
  confirm: 'Confirm and change',
};
export default words;
