/** Services as cards: what runs, what it costs, what is planned, and what can be done with it. */
import { html } from '../vendor/preact-htm.js';
import { api, search, useAnswer } from '../api.js';
import { dayInText } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { Outcome, useAction } from '../ui/action.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/services.js').default} Text */

/** @param {ScreenProps & {text: Text}} props */
export default function Services({ text, account }) {
  const path = `/accounts/${encodeURIComponent(account)}`;
  const answer = useAnswer(path, () => /** @type {Promise<Account>} */ (api('GET', path)));
  const { data, again } = answer;
  const action = useAction(again);
  return html`
    <h1 tabindex="-1">${text.services}</h1>
    <p class="muted under">${text.account} <span class="number">${account}</span></p>
    <${Outcome} text=${text} action=${action} account=${account} />
    <${Awaited} text=${text} answer=${answer} />
    ${data && !data.services?.length && html`<p class="card">${text.noServices}</p>`}
    <ul class="plainlist">
      ${(data?.services ?? []).map((service) => html`
        <${Card} key=${service.id} text=${text} account=${account} service=${service} busy=${action.busy}
          cancel=${() => action.run(service.id, () => api('DELETE', `${path}/services/${encodeURIComponent(service.id)}/tariff-change`), text.cancelled)} />`)}
    </ul>
    ${data && html`<p class="actions"><a href="#/calendar">${text.toCalendar}</a><a href="#/promised-payment">${text.toPromise}</a><a href="#/autopay">${text.toAutopay}</a></p>`}`;
}

/** @param {{text: Text, account: string, service: Service, busy: string, cancel(): void}} props */
function Card({ text, account, service, busy, cancel }) {
  const { id, kind, title, state, tariff, next_charge: next, planned_change: planned, suspension } = service;
  const to = (/** @type {string} */ screen) => `#/${screen}${search({ service: id, account })}`;
  return html`
    <li class="card service" data-test="service">
      <h2>${title}</h2>
      <span class=${'tag ' + state} data-test="state">${text.serviceState[state] ?? ''}</span>
      ${tariff && html`
        <p>${tariff.title}${tariff.speed_mbps ? `, ${text.speed(tariff.speed_mbps)}` : ''}, ${text.fee(briefMoney(tariff.fee_kopecks))}</p>`}
      ${next && html`<p class="muted">${text.nextCharge(dayInText(next.on), money(next.amount_kopecks))}</p>`}
      ${planned && html`
        <div class="note info wide" data-test="planned">
          <p>${text.planned(dayInText(planned.on), planned.tariff.title, briefMoney(planned.tariff.fee_kopecks))}</p>
          ${planned.missing && html`<p data-test="missing">${text.missing(money(planned.missing.amount_kopecks), dayInText(planned.missing.by))}</p>`}
          <button type="button" class="button" aria-disabled=${busy === id ? 'true' : null} onClick=${cancel}>
            ${busy === id ? text.working : text.cancelPlanned}
          </button>
        </div>`}
      ${suspension && html`
        <div class="note warn wide" data-test="suspension">
          <p>${(suspension.started ? text.suspended : text.suspensionPlanned)(dayInText(suspension.start), dayInText(suspension.end))}</p>
          <a class="button" href=${to('suspension')}>${suspension.started ? text.resume : text.changeMind}</a>
        </div>`}
      <p class="actions">
        ${kind === 'internet' && html`
          <a href=${to('tariff')}>${text.toTariff}</a>
          ${!suspension && html`<a href=${to('suspension')}>${text.toSuspension}</a>`}
          <a href=${to('internet-password')}>${text.toPassword}</a>`}
        <a href=${to('operations')} aria-label=${text.operationsOf(title)}>${text.title.operations}</a>
      </p>
    </li>`;
}
