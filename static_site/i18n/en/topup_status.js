const waiting = () => 'Waiting for the bank to confirm. It usually takes up to a minute.';

/** @type {typeof import('../ru/topup_status.js').default} */
const words = {
  heading: 'Payment',
  now: {
    created: waiting,
    awaiting_payment: waiting,
    paid: (sum) => `The money is received${sum && ': ' + sum}. We are adding it to the account.`,
    credited: (sum) => `The payment is on the account${sum && ': ' + sum}`,
    declined: () => 'The payment did not go through. No money was taken.',
    expired: () => 'The time to pay is over. If the money was taken all the same, it will reach the account by itself.',
  },
  slow: 'This takes longer than usual. You may close the page: if it was paid, the money will reach the account by itself. If not, go back to paying.',
  slowCredit: 'This takes longer than usual. You may close the page: the money will reach the account by itself.',
  stillTrying: 'No connection to the server. We keep checking.',
  steps: 'How the payment goes',
  step: {
    awaiting_payment: 'Payment started',
    paid: 'The money is received',
    credited: 'Added to the account',
  },
  checkAgain: 'Check again',
  payOn: 'Back to paying',
  tryAgain: 'Try once more',
  receipt: 'Open the receipt',
  signIn: 'Sign in',
};
export default words;
