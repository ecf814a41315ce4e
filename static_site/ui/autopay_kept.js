/** What a connected autopay keeps: the card, the cap, the way out; and what it has done so far. */
import { html, useState } from '../vendor/preact-htm.js';
import { dayInTable, dayInText, momentInTable, onCard } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { ErrorSummary } from './field.js';
import { MoneyField } from './money_field.js';

/** @typedef {import('../screens/autopay.js').Text} Text */

/**
 * @param {{text: Text, data: Autopay, busy: boolean, setCap(kopecks: number): void, disconnect(): void, replace: unknown}} props
 *   replace: the form of a new card, if one can be kept
 */
export const Kept = ({ text, data, busy, setCap, disconnect, replace }) => html`
  <section class="card stack" aria-labelledby="card">
    <h2 id="card">${text.card}</h2>
    <p data-test="card">${card(text, data)}</p>
    ${replace && html`<details data-test="replace"><summary>${text.replace}</summary>${replace}</details>`}
    <p data-test="cap">${text.noMore(briefMoney(data.cap_kopecks))}</p>
    <details key=${data.cap_kopecks} data-test="change-cap">
      <summary>${text.changeCap}</summary>
      <${Cap} text=${text} data=${data} busy=${busy} setCap=${setCap} />
    </details>
  </section>
  <section class="card stack">
    <p class="muted">${text.offMeans}</p>
    <button type="button" class="button danger" aria-disabled=${busy ? 'true' : null} onClick=${disconnect} data-test="off">
      ${busy ? text.working : text.off}
    </button>
  </section>`;

/** A card that nothing charges. @param {{text: Text, data: Autopay, busy: boolean, forget(): void}} props */
export const KeptCard = ({ text, data, busy, forget }) => html`
  <section class="card stack" aria-labelledby="card">
    <h2 id="card">${text.card}</h2>
    <p data-test="card">${card(text, data)}</p>
    <p class="muted">${text.keptMeans}</p>
    <button type="button" class="button danger" aria-disabled=${busy ? 'true' : null} onClick=${forget} data-test="forget">
      ${busy ? text.working : text.forget}
    </button>
  </section>`;

/** Robokassa tells neither number nor end. @param {Text} text @param {Autopay} data */
function card(text, { card: kept, gateways, gateway }) {
  if (!kept) return '';
  const { mask, expires, saved_on: saved } = kept;
  const through = gateways.find(({ id }) => id === gateway)?.title;
  return [mask ? text.cardMask(mask) : text.cardUnnamed, expires && text.expires(onCard(expires)), text.savedOn(dayInText(saved)), through]
    .filter(Boolean).join(', ');
}

/** @param {{text: Text, data: Autopay, busy: boolean, setCap(kopecks: number): void}} props */
function Cap({ text, data, busy, setCap }) {
  const [typed, setTyped] = useState(fieldMoney(data.cap_kopecks));
  const [problems, setProblems] = useState(/** @type {import('./form.js').Problem[]} */ ([]));
  function save(/** @type {Event} */ event) {
    event.preventDefault();
    const kopecks = readMoney(typed);
    const wrong = capProblems(text, data, kopecks);
    setProblems(wrong);
    if (!wrong.length) setCap(Number(kopecks));
  }
  return html`
    <${ErrorSummary} text=${text} problems=${problems} />
    <form method="post" onSubmit=${save} novalidate aria-label=${text.changeCap}>
      <${CapField} text=${text} data=${data} value=${typed} error=${problems[0]?.message} change=${setTyped} />
      <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="save-cap">${busy ? text.working : text.saveCap}</button>
    </form>`;
}

/** @param {Text} text @param {Autopay} data @param {number | null} kopecks */
export function capProblems(text, { cap_min_kopecks: min, cap_max_kopecks: max }, kopecks) {
  const wrong = kopecks === null ? text.notSum : kopecks < min || kopecks > max ? text.limits(briefMoney(min), briefMoney(max)) : '';
  return wrong ? [{ field: 'cap', message: wrong }] : [];
}

/** @param {{text: Text, data: Autopay, value: string, error?: string, change(value: string): void}} props */
export const CapField = ({ text, data: { cap_min_kopecks: min, cap_max_kopecks: max }, value, error, change }) => html`
  <${MoneyField} name="cap" label=${text.cap} hint=${`${text.limits(briefMoney(min), briefMoney(max))}. ${text.capMeans}`}
    value=${value} error=${error} change=${change} />`;

/** @param {{text: Text, attempts: AutopayAttempt[]}} props */
export const Attempts = ({ text, attempts }) => html`
  <section class="card" aria-labelledby="attempts">
    <h2 id="attempts">${text.attempts}</h2>
    ${!attempts.length && html`<p class="muted" data-test="no-attempts">${text.noAttempts}</p>`}
    <ul class="rows">
      ${attempts.map(({ at, period_start: period, amount_kopecks: amount, state, reason }) => html`
        <li key=${at} data-test="attempt">
          <time datetime=${at}>${momentInTable(at)}</time>
          <span class=${state === 'declined' ? 'minus' : ''}>${text.attemptStates[state] ?? ''}
            <small class="muted">${reason ?? text.period(dayInTable(period))}</small></span>
          <b>${money(amount)}</b>
        </li>`)}
    </ul>
  </section>`;
