/** Promised payment: how much and until when before the button, or why not; the one that stands; the past ones. */
import { html } from '../vendor/preact-htm.js';
import { api, search, useAnswer } from '../api.js';
import { dayInTable, dayInText } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { Outcome, Refusal, useAction } from '../ui/action.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/promised_payment.js').default} Text */

/** @param {ScreenProps & {text: Text}} props */
export default function PromisedPayment({ text, account }) {
  const path = `/accounts/${encodeURIComponent(account)}/promised-payment`;
  const answer = useAnswer(path, () => /** @type {Promise<PromiseScreen>} */ (api('GET', path)));
  const { data, again } = answer;
  const action = useAction(again);
  const take = (/** @type {PromiseScreen} */ offer) => action.run('take', () => (
    api('POST', path, { expected_amount_kopecks: offer.amount_kopecks })), text.taken(dayInText(offer.until)));
  return html`
    <h1 tabindex="-1">${text.heading}</h1>
    <p class="muted under">${text.about}</p>
    <${Outcome} text=${text} action=${action} account=${account} />
    <${Awaited} text=${text} answer=${answer} />
    ${data && (data.active ? html`<${Active} text=${text} active=${data.active} account=${account} />`
      : data.allowed ? html`<${Offer} text=${text} offer=${data} busy=${action.busy !== ''} take=${() => take(data)} />`
      : html`
        <${Refusal} text=${text} code=${data.code} message=${data.message} fix=${data.fix} from=${data.available_from} account=${account} />
        ${data.pay_first_kopecks && html`<p data-test="pay-first">${text.payFirst(money(data.pay_first_kopecks))}</p>`}`)}
    ${data && data.history.length > 0 && html`
      <section class="card" aria-labelledby="history">
        <h2 id="history">${text.history}</h2>
        <ul class="rows">
          ${data.history.map((past) => html`
            <li key=${past.id} data-test="past">
              <time datetime=${past.taken_at}>${dayInTable(past.taken_at)}</time>
              <span>${past.state_title}${past.until && html`<small class="muted">${text.until(dayInTable(past.until))}</small>`}</span>
              <b>${money(past.amount_kopecks)}</b>
            </li>`)}
        </ul>
      </section>`}`;
}

/** @param {{text: Text, active: {amount_kopecks: number, until: string}, account: string}} props */
const Active = ({ text, active, account }) => html`
  <section class="card" data-test="active">
    <p>${text.standing(money(active.amount_kopecks), dayInText(active.until))}</p>
    <p class="muted">${text.standingMeans}</p>
    <p><a class="button main" href=${'#/topup' + search({ account, sum: String(Math.ceil(active.amount_kopecks / 100)) })}>
      ${text.topUpBy(briefMoney(Math.ceil(active.amount_kopecks / 100) * 100))}
    </a></p>
  </section>`;

/** @param {{text: Text, offer: PromiseScreen, busy: boolean, take(): void}} props */
const Offer = ({ text, offer, busy, take }) => html`
  <section class="card totals" data-test="offer">
    <h2>${text.offer}</h2>
    <dl>
      <div><dt>${text.sum}</dt><dd data-test="amount">${money(offer.amount_kopecks)}</dd></div>
      <div><dt>${text.lastDay}</dt><dd>${text.endOf(dayInText(offer.until))}</dd></div>
      <div><dt>${text.fee}</dt><dd>${offer.fee_kopecks ? money(offer.fee_kopecks) : text.free}</dd></div>
    </dl>
    <p>${text.means}</p>
    <p><button type="button" class="button main" aria-disabled=${busy ? 'true' : null} onClick=${take} data-test="take">
      ${busy ? text.working : text.take(briefMoney(offer.amount_kopecks), dayInText(offer.until))}
    </button></p>
  </section>`;
