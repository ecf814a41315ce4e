import codes from './codes.js';

/** @type {typeof import('../ru/tariff.js').default} */
const words = {
  ...codes,
  heading: 'Change of tariff',
  now: 'Now:',
  nothing: 'There are no other tariffs for this service.',
  choose: 'Which tariff?',
  compare: 'What will change',
  columns: 'Tariff',
  speedWord: 'Speed',
  perMonth: 'A month',
  difference: 'Difference a month',
  when: 'From which day?',
  today: 'Today',
  fromDay: (day) => `From ${day}, with the new period`,
  chargeNow: (sum, left, total, back, fee) =>
    `Today ${sum} is charged for ${left} of ${total} days, less ${back} of the old tariff. After that ${fee} a month.`,
  chargeLater: (day, fee) => `Nothing is charged today. From ${day}: ${fee} a month.`,
  confirm: (day) => `Change the tariff from ${day}`,
  confirmNow: (sum) => `Change today and pay ${sum}`,
  applied: (tariff) => `The tariff “${tariff}” is on.`,
  scheduled: (tariff, day) => `The tariff “${tariff}” begins on ${day}. You can cancel the change before that day.`,
};
export default words;
