/** @type {typeof import('../ru/codes.js').default} */
const words = {
  ways: { pay: 'Top up', repay_promise: 'Repay the promised payment', resume: 'To services', cancel_planned: 'To services' },
  availableFrom: (day) => `Possible from ${day}.`,
  working: 'Sending…',
  toServices: 'To services',
};
export default words;
