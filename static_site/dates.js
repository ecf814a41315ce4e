/** Dates in the ISP's zone. A plain `YYYY-MM-DD` is a day of the calendar and never shifts with a zone. */
import config from './config.js';
import { language } from './session.js';

export const PLAIN = /^\d{4}-\d\d-\d\d$/;

/** @param {string} value a day or an instant @param {Intl.DateTimeFormatOptions} how */
function written(value, how) {
  const timeZone = PLAIN.test(value) ? 'UTC' : config.timeZone;
  const locale = language() === 'en' ? 'en-GB' : 'ru-RU';
  const date = new Date(value);
  return isNaN(date.getTime()) ? '' : new Intl.DateTimeFormat(locale, { ...how, timeZone }).format(date);
}

/** «14 октября», never torn apart @param {string} value */
export const dayInText = (value) => written(value, { day: 'numeric', month: 'long' }).replace(' ', '\u00a0');

/** «14.10.2026» @param {string} value */
export function dayInTable(value) {
  return written(value, { day: '2-digit', month: '2-digit', year: 'numeric' }).replaceAll('/', '.');
}

/** «01/35», as it stands on a card @param {string} month `YYYY-MM` */
export const onCard = (month) => `${month.slice(5)}/${month.slice(2, 4)}`;

/** «14:05» @param {string} value */
export const clock = (value) => written(value, { hour: '2-digit', minute: '2-digit' });

/** «14.10.2026, 14:05» @param {string} value */
export const momentInTable = (value) => `${dayInTable(value)}, ${clock(value)}`;
