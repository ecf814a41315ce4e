/** Integer kopecks in, words out, and back. No fraction ever exists as a number. */
import { language } from './session.js';

const SPACE = '\u00a0';
const MINUS = '\u2212';

/** @param {number} kopecks @param {string} plus what stands before a sum above zero @param {boolean} brief */
function written(kopecks, plus, brief) {
  const [group, point] = language() === 'en' ? [',', '.'] : [SPACE, ','];
  const size = Math.abs(kopecks);
  const rest = size % 100;
  const rubles = String((size - rest) / 100).replace(/\B(?=(\d{3})+$)/g, group);
  const tail = brief && rest === 0 ? '' : point + String(rest).padStart(2, '0');
  const sign = kopecks < 0 ? MINUS : kopecks > 0 ? plus : '';
  return sign + rubles + tail + SPACE + '₽';
}

/** «1 234,50 ₽» @param {number} kopecks */
export const money = (kopecks) => written(kopecks, '', false);

/** «+739,00 ₽», «−550,00 ₽»: for a movement of money. @param {number} kopecks */
export const signedMoney = (kopecks) => written(kopecks, '+', false);

/** «500 ₽» when there are no kopecks: for buttons and hints. @param {number} kopecks */
export const briefMoney = (kopecks) => written(kopecks, '', true);

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

/** Up to a whole rouble. @param {number} kopecks */
export const roundUp = (kopecks) => kopecks + ((100 - (kopecks % 100)) % 100);
