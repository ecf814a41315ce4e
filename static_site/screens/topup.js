/** How much and through whom; then the person is handed over to the bank's page. */
import { html, useState } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import config from '../config.js';
import { readMoney } from '../typed_money.js';
import { PayForm } from '../ui/pay_form.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {typeof import('../i18n/ru/topup.js').default} Words */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function TopUp({ text, route, account, go }) {
  const path = `/accounts/${encodeURIComponent(account)}`;
  const answer = useAnswer(path, () => /** @type {Promise<TopUpOptions>} */ (api('GET', path + '/topup-options')));
  const { data } = answer;
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.account} <span class="number" data-test="account">${account}</span></p>
      <${Awaited} text=${text} answer=${answer} />
      ${data && (data.gateways.length ? html`
        <${Form} key=${path} text=${text} path=${path} data=${data} account=${account} sum=${readMoney(route.query.get('sum') ?? '')} go=${go}
          again=${answer.again} />`
        : html`<p class="note warn">${text.noGateways} ${config.phone}</p>`)}
    </div>`;
}

/**
 * Where a card can be kept there is a box for it, never ticked beforehand, and ticked for the terms beside it only.
 * @param {{text: Shell & Words, path: string, data: TopUpOptions, account: string, sum: number | null, go(hash: string): void, again(): void}} props
 */
function Form({ text, path, data, account, sum, go, again }) {
  const [agreed, setAgreed] = useState('');
  const { version, text: terms } = data.card_terms ?? {};
  const keeps = (/** @type {string} */ gateway) => version && data.gateways.find(({ id }) => id === gateway)?.can_save_card;
  const post = (/** @type {string} */ id, /** @type {import('../ui/pay_form.js').Payment} */ payment) => {
    const card = agreed && agreed === version && keeps(payment.gateway) ? { save_card: true, card_terms_version: version } : {};
    return api('POST', path + '/topups', { id, ...payment, ...card });
  };
  return html`
    <${PayForm} text=${text} name=${text.heading} options=${data} account=${account} sum=${sum} label=${text.howMuch} pay=${text.pay} go=${go}
      post=${post} purpose=${agreed && 'card ' + agreed} outdated=${again} more=${(/** @type {unknown} */ _, /** @type {string} */ gateway) => keeps(gateway) && html`
        <div class="choice" data-test="save-card">
          <label>
            <input type="checkbox" checked=${agreed === version} aria-describedby="card-terms"
              onChange=${(/** @type {any} */ event) => setAgreed(event.target.checked ? version ?? '' : '')} />
            ${text.saveCard}
          </label>
          <p class="muted" id="card-terms">${terms}</p>
        </div>`} />`;
}
