/** All accounts of the subscriber with their balances. */
import { html } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { money } from '../money.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {typeof import('../i18n/ru/accounts.js').default} Words */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function Accounts({ text }) {
  const answer = useAnswer('accounts', () => /** @type {Promise<AccountSummary[]>} */ (api('GET', '/accounts')));
  const { data } = answer;
  return html`
    <h1 tabindex="-1">${text.title.accounts}</h1>
    <${Awaited} text=${text} answer=${answer} />
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
