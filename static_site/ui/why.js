/** «Почему такое списание?»: the rule and the formula of a row, in words and roubles. */
import { html } from '../vendor/preact-htm.js';
import { money } from '../money.js';

/** @param {{text: import('../screens/operations.js').Text, each: Operation}} props */
export function Why({ text, each }) {
  const formula = each.formula && inWords(text, each.formula, Math.abs(each.amount_kopecks));
  if (!formula) return null;
  return html`
    <details data-test="why">
      <summary>${text.why(each.kind)}</summary>
      <p>${text.rules[each.rule ?? ''] ?? ''} ${formula}</p>
    </details>`;
}

/**
 * `65000 * 19 / 30 - 45000 * 19 / 30`: kopecks, days, days of the period; or a price and a number.
 * @param {import('../screens/operations.js').Text} text @param {string} formula @param {number} sum
 * @returns {string} '' for what is not read: no words are better than wrong ones
 */
function inWords(text, formula, sum) {
  const terms = formula.split(' - ').map((term) => /^(\d+) \* (\d+)(?: \/ (\d+))?$/.exec(term));
  if (!terms.every(Boolean)) return '';
  const words = terms.map((term) => {
    const [, price, count, total] = /** @type {string[]} */ (/** @type {unknown} */ (term));
    if (!total) return count === '1' ? money(Number(price)) : `${money(Number(price))} × ${count}`;
    return count === total ? text.wholePeriod(money(Number(price)), total) : text.partOf(money(Number(price)), count, total);
  });
  return `${words.join(' − ')} = ${money(sum)}`;
}
