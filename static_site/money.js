/** Integer kopecks in, words out (back: `typed_money.js`). No fraction ever exists as a number. */
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

/** Up to a whole rouble. @param {number} kopecks */
export const roundUp = (kopecks) => kopecks + ((100 - (kopecks % 100)) % 100);
