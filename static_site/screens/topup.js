/** How much and through whom; then the person is handed over to the bank's page. */
import { html } from '../vendor/preact-htm.js';
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
        <${PayForm} key=${path} text=${text} name=${text.heading} options=${data} account=${account} sum=${readMoney(route.query.get('sum') ?? '')}
          label=${text.howMuch} pay=${text.pay} go=${go}
          post=${(/** @type {string} */ id, /** @type {object} */ payment) => api('POST', path + '/topups', { id, ...payment })} />`
        : html`<p class="note warn">${text.noGateways} ${config.phone}</p>`)}
    </div>`;
}
