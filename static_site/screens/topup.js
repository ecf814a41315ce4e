/** How much and through whom; then the person is handed over to the bank's page. */
import { html, useEffect, useState } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import config from '../config.js';
import { briefMoney } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { Choice, ErrorSummary } from '../ui/field.js';
import { MoneyField } from '../ui/money_field.js';
import { Failure, Loading } from '../ui/shell.js';
import { follow, order } from '../checkout.js';

/** @typedef {typeof import('../i18n/ru/topup.js').default} Words */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function TopUp({ text, route, account, go }) {
  const path = `/accounts/${encodeURIComponent(account)}`;
  const { data, error, again } = useAnswer(path, () => api('GET', path + '/topup-options'));
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.account} <span class="number" data-test="account">${account}</span></p>
      ${error && html`<${Failure} text=${text} error=${error} retry=${again} />`}
      ${!data && !error && html`<${Loading} text=${text} />`}
      ${data && (data.gateways.length
        ? html`<${Form} key=${path} text=${text} options=${data} account=${account} go=${go} sum=${route.query.get('sum') ?? ''} />`
        : html`<p class="note warn">${text.noGateways} ${config.phone}</p>`)}
    </div>`;
}

/** @param {{text: Shell & Words, options: TopUpOptions, account: string, sum: string, go(hash: string): void}} props */
function Form({ text, options, account, sum, go }) {
  const { gateways, suggested_kopecks: suggested } = options;
  const [gateway, setGateway] = useState(gateways[0].id);
  const asked = readMoney(sum) ?? suggested;
  const [typed, setTyped] = useState(asked ? fieldMoney(asked) : '');
  const [problems, setProblems] = useState(/** @type {{field: string, message: string}[]} */ ([]));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const { min_kopecks: min, max_kopecks: max } = gateways.find(({ id }) => id === gateway) ?? gateways[0];
  const amount = readMoney(typed);

  // Back from the bank may bring this very page from the browser's memory, still busy
  useEffect(() => {
    const shown = () => setBusy(false);
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, []);

  /** @param {Event} [event] */
  async function pay(event) {
    event?.preventDefault();
    if (busy) return;
    const wrong = amount === null ? text.notSum
      : amount < min ? text.tooLittle(briefMoney(min))
      : amount > max ? text.tooMuch(briefMoney(max)) : '';
    setFailed(null);
    setProblems(wrong ? [{ field: 'amount', message: wrong }] : []);
    if (wrong || amount === null) return;
    setBusy(true);
    try {
      const topUp = await order({ account, amount_kopecks: amount, gateway }, (id) => (
        api('POST', `/accounts/${encodeURIComponent(account)}/topups`, { id, amount_kopecks: amount, gateway })));
      if (topUp.checkout) return follow(topUp.checkout);
      go('#/topup/' + topUp.id);
    } catch (error) {
      const { fields, status } = /** @type {any} */ (error);
      const refused = Object.entries(/** @type {Record<string, string>} */ (fields ?? {})).map(([field, message]) => (
        { field: field === 'amount_kopecks' ? 'amount' : '', message }));
      setProblems(refused);
      if (!refused.length && status !== 401) setFailed(error);
    }
    setBusy(false);
  }

  return html`
    <${ErrorSummary} text=${text} problems=${problems} />
    <form method="post" onSubmit=${pay} novalidate aria-label=${text.heading}>
      <${MoneyField} label=${text.howMuch} hint=${text.limits(briefMoney(min), briefMoney(max))} value=${typed} change=${setTyped}
        error=${problems.find(({ field }) => field === 'amount')?.message} presetsLabel=${text.presets}
        presets=${[suggested, ...config.presets.map((rubles) => rubles * 100)].filter((each) => each && each >= min && each <= max)} />
      ${gateways.length > 1 && html`
        <${Choice} name="gateway" label=${text.gateway} value=${gateway} change=${setGateway}
          options=${gateways.map(({ id, title }) => [id, title])} />`}
      <p class="muted">${text.bankPage}</p>
      ${failed && html`<${Failure} text=${text} error=${failed} retry=${[0, 202].includes(failed.status) ? () => pay() : undefined} />`}
      <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="pay">
        ${busy ? text.opening : amount ? text.pay(briefMoney(amount)) : text.payNothing}
      </button>
    </form>`;
}
