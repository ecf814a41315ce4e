import codes from './codes.js';

/** @type {typeof import('../ru/promised_payment.js').default} */
const words = {
  ...codes,
  heading: 'Promised payment',
  about: 'Your services go on for some days and you pay later. It is no money: the balance does not grow.',
  offer: 'You can take now',
  sum: 'Sum',
  lastDay: 'Lasts',
  endOf: (day) => `until ${day}, 23:59`,
  fee: 'Fee',
  free: 'free',
  means: 'Top up by this sum before the end. If you do not, your services are off until you do.',
  take: (sum, day) => `Take ${sum} until ${day}`,
  taken: (day) => `The promised payment is on until ${day}.`,
  standing: (sum, day) => `It lasts until ${day}, 23:59. ${sum} is left to pay.`,
  standingMeans: 'Each top-up lowers what is left. Once all is paid, the promise is over earlier.',
  payFirst: (sum) => `Pay ${sum} first, the rest can be promised.`,
  history: 'Past promised payments',
  until: (day) => `until ${day}`,
};
export default words;
