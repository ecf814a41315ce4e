/** Dates in the ISP's zone. A plain `YYYY-MM-DD` is a day of the calendar and never shifts with a zone. */
import config from './config.js';
import { language } from './session.js';

const PLAIN = /^\d{4}-\d\d-\d\d$/;

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

/** «14:05» @param {string} value */
export const clock = (value) => written(value, { hour: '2-digit', minute: '2-digit' });

/** «14.10.2026, 14:05» @param {string} value */
export const momentInTable = (value) => `${dayInTable(value)}, ${clock(value)}`;

/** «14:05» today, «15 октября, 09:00» later, «15 октября» for a plain day. @param {string} value */
export function soon(value) {
  if (PLAIN.test(value)) return dayInText(value);
  const time = clock(value);
  return dayOf(new Date(value)) === today() ? time : `${dayInText(value)}, ${time}`;
}

/** @param {Date} date @returns {string} `YYYY-MM-DD` in the ISP's zone */
function dayOf(date) {
  // sv-SE writes a date just as ISO does
  return new Intl.DateTimeFormat('sv-SE', { timeZone: config.timeZone }).format(date);
}

export const today = () => dayOf(new Date());

/** The first day of the month, `back` months ago. @param {string} day @param {number} [back] */
export function monthStart(day, back = 0) {
  const [year, month] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 10);
}

/** @param {string} day `YYYY-MM-DD` @param {number} days */
export const dayAfter = (day, days) => dayBefore(day, -days);

/** @param {string} day `YYYY-MM-DD` @param {number} [days] */
export function dayBefore(day, days = 1) {
  const at = Date.parse(day) - days * 86_400_000;
  return isNaN(at) ? '' : new Date(at).toISOString().slice(0, 10);
}
