/** The next sixty days: what will be charged, what will change, and what remains after each. */
import { html } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { dayInText } from '../dates.js';
import { money, signedMoney } from '../money.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/calendar.js').default} Text */

const DAYS = 60;

/** @param {ScreenProps & {text: Text}} props */
export default function Calendar({ text, account }) {
  const path = `/accounts/${encodeURIComponent(account)}/forecast?days=${DAYS}`;
  const answer = useAnswer(path, () => /** @type {Promise<Forecast[]>} */ (api('GET', path)));
  const { data } = answer;
  const days = [...new Set((data ?? []).map(({ on }) => on))];
  return html`
    <h1 tabindex="-1">${text.heading}</h1>
    <p class="muted under">${text.about}</p>
    <${Awaited} text=${text} answer=${answer} rows=${4} />
    ${data && !data.length && html`<p class="card" data-test="empty">${text.empty}</p>`}
    ${days.map((day) => html`
      <section key=${day} class="card" aria-labelledby=${'day-' + day} data-test="day">
        <h2 id=${'day-' + day}><time datetime=${day}>${dayInText(day)}</time></h2>
        <ul class="rows days">
          ${data?.filter(({ on }) => on === day).map((item, row) => html`
            <li key=${row} data-test="item" data-kind=${item.kind}>
              <span class=${item.kind === 'financial_block' ? 'minus' : ''}>${item.title}
                <small class="muted">${text.balanceAfter(money(item.balance_after_kopecks))}</small></span>
              ${item.amount_kopecks !== 0 && html`<b class=${item.amount_kopecks > 0 ? 'plus' : ''}>${signedMoney(item.amount_kopecks)}</b>`}
            </li>`)}
        </ul>
      </section>`)}`;
}
