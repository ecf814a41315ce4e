/** The charge ahead: how its sum comes about, when it is announced and when it is made, or why it is not. */
import { html } from '../vendor/preact-htm.js';
import { dayInText } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { Fold } from './fold.js';

/** @typedef {import('../screens/autopay.js').Text} Text */

/** How each state is coloured; the word of it always stands there too. @type {Record<string, string>} */
const TONES = { skipped: 'warn', above_cap: 'warn', missed: 'warn', failed: 'bad', charged: 'ok', covered: 'ok' };

/** @param {{text: Text, next: AutopayNext | null, status: AutopayStatus, busy: boolean, skip(next: AutopayNext): void}} props */
export function Plan({ text, next, status, busy, skip }) {
  const active = status === 'active';
  if (!next) return active ? html`<p class="card" data-test="nothing-ahead">${text.nothingAhead}</p>` : null;
  const { period_start: period, announce_on: announce, charge_on: charge, amount_kopecks: amount, state, reason } = next;
  const ahead = (state === 'planned' || state === 'announced') && charge;
  const said = reason ?? text.means[state]?.(dayInText(period));
  return html`
    <section class="card totals" aria-labelledby="plan" data-test="next" data-state=${state}>
      <h2 id="plan">${active ? text.next : text.example}</h2>
      <p class="muted">${text.period(dayInText(period))}</p>
      ${said && html`
        <p class=${'note ' + (TONES[state] ?? 'info')} data-test="reason">
          ${text.states[state] && html`<strong>${text.states[state]}.</strong> `}${said}
        </p>`}
      <p data-test="formula">${formula(text, next)}</p>
      ${amount > 0 && html`
        <dl>
          <div><dt>${text.sum}</dt><dd data-test="amount">${money(amount)}</dd></div>
          ${ahead && html`
            <div><dt>${state === 'planned' ? text.announce : text.announced}</dt><dd>${dayInText(announce)}</dd></div>
            <div><dt>${text.charge}</dt><dd>${dayInText(charge)}</dd></div>`}
        </dl>`}
      ${active && ahead && html`
        <${Fold} key=${period} label=${text.skip} test="skip" open=${(/** @type {() => void} */ close) => html`
          <p class="note warn">${text.skipMeans(dayInText(period))}</p>
          <p class="actions">
            <button type="button" class="button danger" aria-disabled=${busy ? 'true' : null} onClick=${() => skip(next)} data-test="skip-confirm">
              ${busy ? text.working : text.skipConfirm}
            </button>
            <button type="button" class="plain" onClick=${close}>${text.skipLeave}</button>
          </p>`} />`}
    </section>`;
}

/**
 * «Интернет 550 ₽ + ТВ 150 ₽ − баланс 160 ₽ = 540 ₽». A sum that does not come out of its parts
 * (a cap, a payment after the announcement) is not put behind an equals sign.
 * @param {Text} text @param {AutopayNext} next
 */
function formula(text, { breakdown, balance_kopecks: balance, amount_kopecks: amount }) {
  const charges = breakdown.map(({ title, amount_kopecks: each }) => ({ title, size: -each }));
  const own = balance ? [{ title: balance < 0 ? text.debt : text.onBalance, size: -balance }] : [];
  const terms = [...charges, ...own];
  if (!charges.length) return '';
  if (total(terms) === amount) return `${line(terms)} = ${briefMoney(amount)}`;
  if (amount) return text.counted(terms.map(({ title, size }) => `${title} ${briefMoney(Math.abs(size))}`).join(', '));
  const needed = line(charges) + (charges.length > 1 ? ` = ${briefMoney(total(charges))}` : '');
  return text.enough(needed, briefMoney(balance));
}

/** @param {{size: number}[]} terms */
const total = (terms) => terms.reduce((sum, { size }) => sum + size, 0);

/** @param {{title: string, size: number}[]} terms */
const line = (terms) => terms.map(({ title, size }, place) => (
  `${size < 0 ? '−\u00a0' : place ? '+\u00a0' : ''}${title} ${briefMoney(Math.abs(size))}`)).join(' ');
