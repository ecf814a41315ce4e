/** What a connected autopay keeps: the card, the cap, the way out; and what it has done so far. */
import { html, useState } from '../vendor/preact-htm.js';
import { dayInTable, dayInText, momentInTable } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { Field } from './field.js';
import { Fold } from './fold.js';

/** @typedef {import('../screens/autopay.js').Text} Text */

/**
 * @param {{text: Text, data: Autopay, busy: boolean, setCap(kopecks: number): void, disconnect(): void,
 *   replace: false | (() => unknown)}} props replace: the form of a new card
 */
export const Kept = ({ text, data, busy, setCap, disconnect, replace }) => html`
  <section class="card stack" aria-labelledby="card">
    <h2 id="card">${text.card}</h2>
    <p data-test="card">${card(text, data)}</p>
    ${replace && html`
      <${Fold} label=${text.replace} test="replace" open=${(/** @type {() => void} */ close) => html`
        ${replace()}
        <button type="button" class="plain" onClick=${close}>${text.keepCard}</button>`} />`}
  </section>
  <section class="card stack" aria-labelledby="limit">
    <h2 id="limit">${text.cap}</h2>
    <p data-test="cap">${text.noMore(briefMoney(data.cap_kopecks))}</p>
    <${Fold} key=${data.cap_kopecks} label=${text.changeCap} test="change-cap" open=${(/** @type {() => void} */ close) => html`
      <${Cap} text=${text} data=${data} busy=${busy} setCap=${setCap} close=${close} />`} />
  </section>
  <section class="card stack">
    <p class="muted">${text.offMeans}</p>
    <button type="button" class="button danger" aria-disabled=${busy ? 'true' : null} onClick=${disconnect} data-test="off">
      ${busy ? text.working : text.off}
    </button>
  </section>`;

/** Robokassa tells neither number nor end. @param {Text} text @param {Autopay} data */
function card(text, { card: kept, gateways, gateway }) {
  if (!kept) return '';
  const { mask, expires, saved_on: saved } = kept;
  const through = gateways.find(({ id }) => id === gateway)?.title;
  return [mask ? text.cardMask(mask) : text.cardUnnamed, expires && text.expires(expires), text.savedOn(dayInText(saved)), through]
    .filter(Boolean).join(mask ? ', ' : ' ');
}

/** @param {{text: Text, data: Autopay, busy: boolean, setCap(kopecks: number): void, close(): void}} props */
function Cap({ text, data, busy, setCap, close }) {
  const { cap_kopecks: cap, cap_min_kopecks: min, cap_max_kopecks: max } = data;
  const [typed, setTyped] = useState(fieldMoney(cap));
  const [wrong, setWrong] = useState('');
  function save(/** @type {Event} */ event) {
    event.preventDefault();
    const kopecks = readMoney(typed);
    if (kopecks === cap) return close();
    const problem = capProblem(text, data, kopecks);
    setWrong(problem);
    if (problem) document.getElementById('cap_kopecks')?.focus();
    else setCap(/** @type {number} */ (kopecks));
  }
  return html`
    <form method="post" onSubmit=${save} novalidate aria-label=${text.changeCap}>
      <${CapField} text=${text} min=${min} max=${max} value=${typed} error=${wrong} change=${setTyped} />
      <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="save-cap">${busy ? text.working : text.saveCap}</button>
      <button type="button" class="plain" onClick=${close}>${text.back}</button>
    </form>`;
}

/** @param {Text} text @param {Autopay} data @param {number | null} kopecks @returns {string} '' if it fits */
export function capProblem(text, { cap_min_kopecks: min, cap_max_kopecks: max }, kopecks) {
  if (kopecks === null) return text.notSum;
  return kopecks < min || kopecks > max ? text.outside(briefMoney(min), briefMoney(max)) : '';
}

/** @param {{text: Text, min: number, max: number, value: string, error?: string, change(value: string): void}} props */
export const CapField = ({ text, min, max, value, error, change }) => html`
  <${Field} name="cap_kopecks" label=${text.cap} hint=${text.capHint(briefMoney(min), briefMoney(max))} error=${error} value=${value}
    inputmode="decimal" autocomplete="off" onInput=${(/** @type {any} */ event) => change(event.target.value)}
    after=${html`<span aria-hidden="true">₽</span>`} />`;

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
