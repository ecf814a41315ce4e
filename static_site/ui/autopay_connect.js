/** Connecting autopay by a kept card or a new one: the cap, the terms in full, an unticked box. */
import { html, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import config from '../config.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { CapField, capProblems } from './autopay_kept.js';
import { ErrorSummary } from './field.js';
import { PayForm } from './pay_form.js';

/** @typedef {import('../screens/autopay.js').Text} Text */

/**
 * @param {{text: Text, data: Autopay, account: string, path: string, replace: boolean, again(): void, go(hash: string): void,
 *   guard<T>(call: () => Promise<T>): Promise<T>}} props guard: asks for the password where the server wants it
 */
export function Connect({ text, data, account, path, replace, again, go, guard }) {
  const { terms } = data;
  const [cap, setCap] = useState(fieldMoney(data.cap_kopecks));
  const [agreed, setAgreed] = useState(''); // to this version: another one unticks the box
  if (!data.gateways.length) return html`<p class="note warn" data-test="no-gateways">${text.noGateways} ${config.phone}</p>`;
  const limit = replace ? undefined : readMoney(cap);
  const check = () => [
    ...(limit === undefined ? [] : capProblems(text, data, limit)),
    ...(agreed === terms.version ? [] : [{ field: 'agreed', message: text.mustAgree }]),
  ];
  const post = (/** @type {string} */ id, /** @type {object} */ payment) => guard(() => (
    api('POST', path, { terms_version: terms.version, cap_kopecks: limit, topup: { id, ...payment } })));
  return html`
    <section class="stack" data-test="connect">
      ${!replace && html`<h2>${text.connect}</h2>`}
      <p class="muted">${text.saves}</p>
      <${PayForm} text=${text} name=${replace ? text.replace : text.connect} options=${data} account=${account} label=${text.first}
        pay=${replace ? text.payAndReplace : text.payAndConnect} go=${go} outdated=${again}
        post=${post} purpose=${`autopay ${replace} ${limit} ${terms.version}`} check=${check} more=${(/** @type {(field: string) => string} */ of) => html`
          ${!replace && html`<${CapField} text=${text} data=${data} value=${cap} error=${of('cap')} change=${setCap} />`}
          <${Agreement} text=${text} terms=${terms} error=${of('agreed')} agreed=${agreed} agree=${setAgreed} />`} />
    </section>`;
}

/** By the card that is kept already: no payment. @param {{text: Text, data: Autopay, busy: boolean, turnOn(version: string, cap: number): void}} props */
export function ByCard({ text, data, busy, turnOn }) {
  const [cap, setCap] = useState(fieldMoney(data.cap_kopecks));
  const [agreed, setAgreed] = useState('');
  const [problems, setProblems] = useState(/** @type {import('./form.js').Problem[]} */ ([]));
  const of = (/** @type {string} */ name) => problems.find(({ field }) => field === name)?.message;
  function submit(/** @type {Event} */ event) {
    event.preventDefault();
    const wrong = [
      ...capProblems(text, data, readMoney(cap)),
      ...(agreed === data.terms.version ? [] : [{ field: 'agreed', message: text.mustAgree }]),
    ];
    setProblems(wrong);
    if (!wrong.length) turnOn(agreed, Number(readMoney(cap)));
  }
  return html`
    <section class="stack" data-test="by-card">
      <h2>${text.connect}</h2>
      <${ErrorSummary} text=${text} problems=${problems} />
      <form method="post" onSubmit=${submit} novalidate aria-label=${text.connect}>
        <${CapField} text=${text} data=${data} value=${cap} error=${of('cap')} change=${setCap} />
        <${Agreement} text=${text} terms=${data.terms} error=${of('agreed')} agreed=${agreed} agree=${setAgreed} />
        <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="turn-on">${busy ? text.working : text.turnOn}</button>
      </form>
    </section>`;
}

/** @param {{text: Text, terms: Autopay['terms'], error?: string, agreed: string, agree(version: string): void}} props agreed: to this version */
const Agreement = ({ text, terms, error, agreed, agree }) => html`
  <section class="card terms" aria-labelledby="terms">
    <h3 id="terms">${text.terms}</h3>
    <p data-test="terms">${terms.text}</p>
  </section>
  <div class=${error ? 'choice wrong' : 'choice'}>
    <p class="error" id="agreed-error">${error}</p>
    <label>
      <input id="agreed" type="checkbox" checked=${agreed === terms.version} aria-invalid=${error ? 'true' : null} aria-describedby="agreed-error"
        onChange=${(/** @type {any} */ event) => agree(event.target.checked ? terms.version : '')} />
      ${text.agree}
    </label>
  </div>`;
