/** Sums as a person types them. Apart from `money.js`: the main screen has no field. */
import { language } from './session.js';

/** What to put into a field: «500» or «107,90». @param {number} kopecks */
export function fieldMoney(kopecks) {
  const rest = kopecks % 100;
  const point = language() === 'en' ? '.' : ',';
  return String((kopecks - rest) / 100) + (rest ? point + String(rest).padStart(2, '0') : '');
}

/** «1 000», «107,9», «500.00 ₽» -> kopecks. @param {string} text @returns {number | null} null if it is not a sum */
export function readMoney(text) {
  const match = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s\u00a0\u202f₽]/g, ''));
  return match && Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}
