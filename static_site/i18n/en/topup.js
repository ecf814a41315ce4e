import codes from './codes.js';

/** @type {typeof import('../ru/topup.js').default} */
const words = {
  ...codes,
  heading: 'Top up the account',
  howMuch: 'How much to pay in?',
  limits: (min, max) => `From ${min} to ${max}`,
  presets: 'Usual sums',
  notSum: 'Enter the sum in digits, for example 500.',
  tooLittle: (min) => `The least sum is ${min}.`,
  tooMuch: (max) => `The largest sum at once is ${max}.`,
  gateway: 'How to pay',
  saveCard: 'Keep the card for autopay',
  bankPage: 'The bank’s page will open now. We neither see nor keep your card details.',
  pay: (sum) => `Pay ${sum}`,
  opening: 'Opening the bank’s page…',
  noGateways: 'Paying on the site is not available now. We will tell you of other ways by phone:',
};
export default words;
