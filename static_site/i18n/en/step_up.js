/** @type {typeof import('../ru/step_up.js').default} */
const words = {
  stepUp: 'To go on, please confirm that it is you.',
  portal: 'Password of this cabinet',
  confirm: 'Confirm and go on',
  back: 'Back',
  show: 'Show',
  hide: 'Hide',
  shows: (label) => `Show: ${label}`,
  hides: (label) => `Hide: ${label}`,
  working: 'Sending…',
};
export default words;
