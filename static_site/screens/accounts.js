/** All accounts of the subscriber with their balances. */
import { html } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { money } from '../money.js';
import { Failure, Loading } from '../ui/shell.js';

/** @typedef {typeof import('../i18n/ru/accounts.js').default} Words */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function Accounts({ text }) {
  const { data, error, again } = useAnswer('accounts', () => /** @type {Promise<AccountSummary[]>} */ (api('GET', '/accounts')));
  return html`
    <h1 tabindex="-1">${text.title.accounts}</h1>
    ${error && html`<${Failure} text=${text} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Loading} text=${text} />`}
    <ul class="plainlist tiles">
      ${(data ?? []).map(({ account, label, address, balance_kopecks: balance, state }) => html`
        <li key=${account} class="card" data-test="account-card">
          <h2>${text.account} <span class="number">${account}</span></h2>
          <span class=${'tag ' + state}>${text.state[state] ?? ''}</span>
          ${label && label !== account && html`<p>${label}</p>`}
          ${address && html`<p class="muted">${address}</p>`}
          <p>${text.balance}: <b class=${balance < 0 ? 'minus' : ''}>${money(balance)}</b></p>
          <a class="button" href=${'#/?account=' + encodeURIComponent(account)} aria-label=${text.openNamed(account)}>${text.open}</a>
        </li>`)}
    </ul>`;
}
