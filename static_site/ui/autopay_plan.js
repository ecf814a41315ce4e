/** The charge ahead: how its sum comes about, when it is announced and when it is made, or why it is not. */
import { html } from '../vendor/preact-htm.js';
import { dayInText } from '../dates.js';
import { briefMoney, money } from '../money.js';

/** @typedef {import('../screens/autopay.js').Text} Text */

/** How each state that needs a word is coloured. @type {Record<string, string>} */
const TONES = {
  skipped: 'warn', above_cap: 'warn', missed: 'warn', charging: 'info', unknown: 'info', charged: 'ok', covered: 'ok', failed: 'bad',
};

/** @param {{text: Text, next: AutopayNext | null, status: AutopayStatus, busy: boolean, skip(next: AutopayNext): void}} props */
export function Plan({ text, next, status, busy, skip }) {
  const active = status === 'active';
  if (!next) return null;
  const { period_start: period, announce_on: announce, charge_on: charge, amount_kopecks: amount, state, reason } = next;
  const ahead = (state === 'planned' || state === 'announced') && charge && amount > 0;
  const word = active && state === 'planned' && !amount ? 'covered' : state;
  return html`
    <section class="card totals stack" aria-labelledby="plan" data-test="next" data-state=${state}>
      <h2 id="plan">${active ? text.next : text.example}</h2>
      <p class="muted">${text.period(dayInText(period))}</p>
      ${(reason || TONES[word]) && html`<p class=${'note ' + (TONES[word] ?? 'info')} data-test="reason">${reason ?? text.states[word]}</p>`}
      <p data-test="formula">${formula(text, next)}</p>
      ${amount > 0 && html`
        <dl>
          <div><dt>${text.sum}</dt><dd data-test="amount">${money(amount)}</dd></div>
          ${ahead && html`
            <div><dt>${state === 'planned' ? text.announce : text.announced}</dt><dd>${dayInText(announce)}</dd></div>
            <div><dt>${text.charge}</dt><dd>${dayInText(charge)}</dd></div>`}
        </dl>`}
      ${active && ahead && html`
        <details key=${period} data-test="skip">
          <summary>${text.skipIt}</summary>
          <p>${text.skipMeans(dayInText(period))}</p>
          <button type="button" class="button danger" aria-disabled=${busy ? 'true' : null} onClick=${() => skip(next)} data-test="skip-confirm">
            ${busy ? text.working : text.skipConfirm}
          </button>
        </details>`}
    </section>`;
}

/**
 * «Интернет 550 ₽ + ТВ 150 ₽ − баланс 160 ₽ = 540 ₽». A sum that does not come out of its parts
 * (enough money, a payment after the announcement) is not put behind an equals sign.
 * @param {Text} text @param {AutopayNext} next
 */
function formula(text, { breakdown, balance_kopecks: balance, amount_kopecks: amount }) {
  const terms = breakdown.map(({ title, amount_kopecks: each }) => ({ title, size: -each }));
  if (balance) terms.push({ title: balance < 0 ? text.debt : text.onBalance, size: -balance });
  const said = terms.map(({ title, size }, place) => (
    `${size < 0 ? '−\u00a0' : place ? '+\u00a0' : ''}${title}\u00a0${briefMoney(Math.abs(size))}`)).join(' ');
  return terms.reduce((sum, { size }) => sum + size, 0) === amount ? `${said} = ${briefMoney(amount)}` : said;
}
