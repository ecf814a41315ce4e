/** Another tariff: which, from when, and what it does to the money, all said before the button. */
import { html, useState } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { dayInText } from '../dates.js';
import { briefMoney, money, signedMoney } from '../money.js';
import { Outcome, Refusal, useAction } from '../ui/action.js';
import { Choice } from '../ui/field.js';
import { Awaited } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/tariff.js').default} Text */

/** @param {ScreenProps & {text: Text}} props */
export default function Tariff({ text, account, route }) {
  const path = `/accounts/${encodeURIComponent(account)}/services/${encodeURIComponent(route.query.get('service') ?? '')}`;
  const answer = useAnswer(path, () => /** @type {Promise<TariffOffer[]>} */ (api('GET', path + '/tariffs')));
  const { data, again } = answer;
  const action = useAction(again);
  const change = (/** @type {TariffOffer} */ offer, /** @type {TariffStart} */ start) => action.run('change', () => (
    api('POST', path + '/tariff-change', {
      tariff: offer.id,
      when: start.when,
      expected_charge_kopecks: start.charge_kopecks,
      expected_fee_kopecks: offer.fee_kopecks,
    })), ({ result, on }) => (result === 'applied' ? text.applied(offer.title) : text.scheduled(offer.title, dayInText(on))));
  const [current, ...others] = data ?? [];
  const refused = others.length > 0 && others.every(({ allowed }) => !allowed) ? others[0] : null;
  return html`
    <h1 tabindex="-1">${text.heading}</h1>
    <p class="muted under">${text.account} <span class="number">${account}</span></p>
    <${Outcome} text=${text} action=${action} account=${account} />
    <${Awaited} text=${text} answer=${answer} />
    ${current && html`<p class="card" data-test="current">${text.now} <b>${current.title}</b>${about(text, current)}</p>`}
    ${refused && !action.done && html`
      <${Refusal} text=${text} code=${refused.code} message=${refused.message} fix=${refused.fix} account=${account} />`}
    ${data && !others.length && html`<p class="card">${text.nothing}</p>`}
    ${current && others.length > 0 && !refused && html`
      <${Form} key=${current.id} text=${text} current=${current} offers=${others} busy=${action.busy !== ''} change=${change} account=${account} />`}
    <p><a href=${'#/services?account=' + encodeURIComponent(account)}>${text.toServices}</a></p>`;
}

/** @param {Text} text @param {TariffOffer} offer */
const about = (text, { speed_mbps: speed, fee_kopecks: fee }) => (
  `${speed ? `, ${text.speed(speed)}` : ''}, ${text.fee(briefMoney(fee))}`);

/**
 * @param {{text: Text, current: TariffOffer, offers: TariffOffer[], busy: boolean, account: string,
 *   change(offer: TariffOffer, start: TariffStart): void}} props
 */
function Form({ text, current, offers, busy, account, change }) {
  const [id, setId] = useState('');
  const [when, setWhen] = useState('');
  const offer = offers.find((each) => each.id === id);
  const starts = offer?.starts ?? [];
  const start = starts.find((each) => each.when === when) ?? starts.find((each) => each.allowed) ?? starts[0];
  return html`
    <form onSubmit=${(/** @type {Event} */ event) => event.preventDefault()} aria-label=${text.heading}>
      <${Choice} name="tariff" label=${text.choose} value=${id} change=${setId}
        options=${offers.map((each) => [each.id, each.title + about(text, each)])} />
      ${offer && start && html`
        <section class="card totals compare" aria-labelledby="compare" data-test="compare">
          <h2 id="compare">${text.compare}</h2>
          <dl>
            <div><dt>${text.columns}</dt><dd>${current.title} → ${offer.title}</dd></div>
            <div><dt>${text.speedWord}</dt><dd>${speed(text, current)} → ${speed(text, offer)}</dd></div>
            <div><dt>${text.perMonth}</dt><dd>${briefMoney(current.fee_kopecks)} → ${briefMoney(offer.fee_kopecks)}</dd></div>
            <div><dt>${text.difference}</dt><dd>${signedMoney(offer.fee_kopecks - current.fee_kopecks)}</dd></div>
          </dl>
        </section>
        ${starts.length > 1 && html`
          <${Choice} name="when" label=${text.when} value=${start.when} change=${setWhen}
            options=${starts.map((each) => [each.when, each.when === 'now' ? text.today : text.fromDay(dayInText(each.on))])} />`}
        ${start.allowed ? html`
          <p class="note info" data-test="money">${sentence(text, offer, start)}</p>
          <button type="button" class="button main" aria-disabled=${busy ? 'true' : null} onClick=${() => change(offer, start)} data-test="confirm">
            ${busy ? text.working : start.when === 'now' ? text.confirmNow(money(start.charge_kopecks)) : text.confirm(dayInText(start.on))}
          </button>` : html`
          <${Refusal} text=${text} code=${start.code} message=${start.message} fix=${start.code === 'not_enough_money' ? 'pay' : null} account=${account} />`}`}
    </form>`;
}

/** @param {Text} text @param {TariffOffer} offer */
const speed = (text, { speed_mbps: mbps }) => (mbps ? text.speed(mbps) : '—');

/** The arithmetic comes from the server in Russian. @param {Text} text @param {TariffOffer} offer @param {TariffStart} start */
function sentence(text, offer, start) {
  if (document.documentElement.lang === 'ru') return start.explanation;
  const fee = briefMoney(offer.fee_kopecks);
  return start.when === 'now'
    ? text.chargeNow(money(start.charge_kopecks), start.days_left, start.days_total, money(start.refund_kopecks), fee)
    : text.chargeLater(dayInText(start.on), fee);
}
