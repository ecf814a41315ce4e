/** @type {typeof import('../ru/login.js').default} */
const words = {
  login: 'Login or contract number',
  loginHint: 'The contract number is at the top of your contract and on your bill',
  loginEmpty: 'Enter your login or contract number.',
  password: 'Password',
  passwordEmpty: 'Enter your password.',
  show: 'Show',
  hide: 'Hide',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  enter: 'Sign in',
  entering: 'Signing in…',
  wrong: 'The login or the password did not match. Check the keyboard layout and Caps Lock.',
  tooMany: 'Too many attempts. Try again in 15 minutes or call us.',
  tooManyUntil: (when) => `Too many attempts. Try again after ${when} or call us.`,
  over: 'You were away for long. Sign in again, and we will bring you back to the same page.',
  first: 'Sign in, and the page will open at once.',
  trouble: 'Cannot sign in?',
  call: 'Call us:',
};
export default words;
