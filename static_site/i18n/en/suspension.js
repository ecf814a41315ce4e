import codes from './codes.js';

/** @type {typeof import('../ru/suspension.js').default} */
const words = {
  ...codes,
  heading: 'Suspending the internet',
  running: (from, to) => `The internet is suspended from ${from} to ${to} inclusive, then it is on again by itself.`,
  planned: (from, to) => `The internet will be suspended from ${from} to ${to} inclusive.`,
  resumeMeans: 'It will be on today: the days left of the period are charged by days. If there is not enough money, it is on once you top up.',
  cancelMeans: 'Cancelling costs nothing: the internet goes on.',
  resume: 'Resume today',
  resumed: 'The internet is resumed.',
  cancel: 'Cancel the suspension',
  cancelled: 'The suspension is cancelled.',
  limits: (least, most, left) => `From ${least} to ${most} days at a time, days left this year: ${left}. It resumes by itself, or earlier in one click.`,
  from: 'First day without internet',
  to: 'Last day without internet',
  wrongDays: (first, last) => `It can begin from ${first} to ${last}; the last day is not before the first.`,
  means: 'What will happen',
  off: (from, to) => `No internet from ${from} to ${to} inclusive, and no fee for these days.`,
  refund: (sum, day) => `${sum} for paid days comes back to the balance on ${day}.`,
  noRefund: 'No days of that time are paid, so nothing comes back.',
  fee: (sum) => `Fee of the suspension: ${sum}.`,
  free: 'The suspension itself is free.',
  checked: (day) => `The debt is looked at on ${day}: with one, the suspension does not start.`,
  keeps: (list) => `Still charged: ${list}.`,
  keepsNothing: 'Nothing else is charged.',
  confirm: (from, to) => `Suspend from ${from} to ${to}`,
  ordered: (from, to) => `The suspension from ${from} to ${to} is accepted.`,
};
export default words;
