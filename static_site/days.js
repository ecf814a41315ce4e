/** Counting with days, and which one is today in the ISP's zone. Apart from `dates.js`: the main screen only writes dates. */
import config from './config.js';
import { clock, dayInText, PLAIN } from './dates.js';

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
