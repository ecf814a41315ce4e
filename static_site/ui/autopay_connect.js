/** Connecting autopay, or a new card: the first payment, the cap, the terms in full and an unticked box; then the bank's page. */
import { html, useEffect, useRef, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import { follow, order } from '../checkout.js';
import config from '../config.js';
import { briefMoney } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { Refusal } from './action.js';
import { CapField, capProblem } from './autopay_kept.js';
import { Choice, ErrorSummary } from './field.js';
import { MoneyField } from './money_field.js';
import { Failure } from './shell.js';
import { GIVEN_UP } from './step_up.js';

/** @typedef {import('../screens/autopay.js').Text} Text */
/**
 * @typedef {{text: Text, data: Autopay, account: string, path: string, replace: boolean, again(): void, go(hash: string): void,
 *   guard<T>(call: () => Promise<T>): Promise<T>}} Props guard: asks for the password where the server wants it
 */

/** @param {Props} props */
export const Connect = (props) => (props.data.gateways.length
  ? html`<${Form} ...${props} />`
  : html`<p class="note warn" data-test="no-gateways">${props.text.noGateways} ${config.phone}</p>`);

/** @param {Props} props */
function Form({ text, data, account, path, replace, again, go, guard }) {
  const { gateways, suggested_kopecks: suggested, terms } = data;
  const [chosen, setChosen] = useState(gateways[0].id);
  const [sum, setSum] = useState(suggested ? fieldMoney(suggested) : '');
  const [cap, setCap] = useState(fieldMoney(data.cap_kopecks));
  const [agreed, setAgreed] = useState(''); // to this version: another one unticks the box
  const [problems, setProblems] = useState(/** @type {{field: string, message: string}[]} */ ([]));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const { id: gateway, min_kopecks: min, max_kopecks: max } = gateways.find(({ id }) => id === chosen) ?? gateways[0];
  const amount = readMoney(sum);
  const over = () => setBusy((running.current = false));

  // Back from the bank may bring this very page from the browser's memory, still busy
  useEffect(() => {
    addEventListener('pageshow', over);
    return () => removeEventListener('pageshow', over);
  }, []);

  /** @param {Event} [event] */
  async function pay(event) {
    event?.preventDefault();
    if (running.current) return;
    const limit = replace ? undefined : readMoney(cap);
    const wrong = [
      ['amount', amount === null ? text.notSum : amount < min || amount > max ? text.outside(briefMoney(min), briefMoney(max)) : ''],
      ['cap_kopecks', limit === undefined ? '' : capProblem(text, data, limit)],
      ['agreed', agreed === terms.version ? '' : text.mustAgree],
    ].filter(([, message]) => message).map(([field, message]) => ({ field, message }));
    setFailed(null);
    setProblems(wrong);
    if (wrong.length || amount === null) return;
    setBusy((running.current = true));
    const wish = { account, amount_kopecks: amount, gateway, purpose: `autopay ${replace} ${limit} ${terms.version}` };
    try {
      const answer = await guard(() => order(wish, (id) => api('POST', path, {
        terms_version: terms.version, cap_kopecks: limit, topup: { id, amount_kopecks: amount, gateway } })));
      if (answer.checkout) return follow(answer.checkout);
      go('#/topup/' + answer.id);
    } catch (error) {
      explain(/** @type {any} */ (error));
    }
    over();
  }

  /** @param {import('../api.js').ApiError} error */
  function explain(error) {
    const refused = Object.entries(error.fields ?? {}).map(([field, message]) => (
      { field: field.endsWith('amount_kopecks') ? 'amount' : field === 'cap_kopecks' && !replace ? field : '', message }));
    setProblems(refused);
    if (!refused.length && error.status !== 401 && error.code !== GIVEN_UP) setFailed(error);
    if (error.status === 409) again(); // what was shown is true no longer
  }

  const of = (/** @type {string} */ name) => problems.find(({ field }) => field === name)?.message;
  const pays = replace ? text.payAndReplace : text.payAndConnect;
  return html`
    <section aria-labelledby="connect" data-test="connect">
      <h2 id="connect">${replace ? text.newCard : data.status === 'stopped' ? text.connectAnew : text.connect}</h2>
      <${ErrorSummary} text=${text} problems=${problems} />
      <form method="post" onSubmit=${pay} novalidate aria-labelledby="connect">
        ${gateways.length > 1 && html`
          <${Choice} name="gateway" label=${text.gateway} value=${gateway} change=${setChosen} options=${gateways.map(({ id, title }) => [id, title])} />`}
        <${MoneyField} label=${text.first} hint=${text.firstHint(briefMoney(min), briefMoney(max))} value=${sum} change=${setSum} error=${of('amount')}
          presetsLabel=${text.presets} presets=${[suggested, ...config.presets.map((rubles) => rubles * 100)].filter((each) => each && each >= min && each <= max)} />
        ${!replace && html`
          <${CapField} text=${text} min=${data.cap_min_kopecks} max=${data.cap_max_kopecks} value=${cap} error=${of('cap_kopecks')} change=${setCap} />`}
        <${Terms} text=${text} terms=${terms} agreed=${agreed === terms.version} error=${of('agreed')} agree=${setAgreed} />
        <p class="muted">${text.bankPage}</p>
        ${failed && (failed.status === 409
          ? html`<${Refusal} text=${text} code=${failed.code} message=${failed.message} fix=${failed.fix} from=${failed.availableFrom} account=${account} />`
          : html`<${Failure} text=${text} error=${failed} retry=${[0, 202].includes(failed.status) ? () => pay() : undefined} />`)}
        <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="connect-pay">
          ${busy ? text.opening : pays(amount ? briefMoney(amount) : '')}
        </button>
      </form>
    </section>`;
}

/** @param {{text: Text, terms: {version: string, text: string}, agreed: boolean, error?: string, agree(version: string): void}} props */
const Terms = ({ text, terms, agreed, error, agree }) => html`
  <section class="card terms" aria-labelledby="terms">
    <h3 id="terms">${text.terms}</h3>
    <p data-test="terms">${terms.text}</p>
  </section>
  <div class=${error ? 'choice wrong' : 'choice'}>
    ${error && html`<p class="error" id="agreed-error">${error}</p>`}
    <label>
      <input id="agreed" type="checkbox" checked=${agreed} aria-invalid=${error ? 'true' : null} aria-describedby=${error ? 'agreed-error' : null}
        onChange=${(/** @type {any} */ event) => agree(event.target.checked ? terms.version : '')} />
      ${text.agree}
    </label>
  </div>`;
