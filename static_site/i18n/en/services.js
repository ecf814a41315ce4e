import codes from './codes.js';

/** @type {typeof import('../ru/services.js').default} */
const words = {
  ...codes,
  planned: (day, tariff, fee) => `From ${day}: tariff “${tariff}”, ${fee} a month.`,
  missing: (sum, day) => `${sum} is missing for it: pay by ${day}, or the present tariff goes on.`,
  cancelPlanned: 'Cancel the change of tariff',
  cancelled: 'The change of tariff is cancelled.',
  suspended: (from, to) => `Suspended from ${from} to ${to} inclusive.`,
  suspensionPlanned: (from, to) => `Will be suspended from ${from} to ${to} inclusive.`,
  resume: 'Resume earlier',
  changeMind: 'Cancel the suspension',
  toTariff: 'Change tariff',
  toSuspension: 'Suspend the internet',
  toPassword: 'Internet password',
  operationsOf: (title) => `Operations of ${title}`,
  toCalendar: 'Calendar of charges',
  toPromise: 'Promised payment',
  toAutopay: 'Autopay',
};
export default words;
