/** The internet off for a while: which days, what comes back, what goes on being charged; or on again. */
import { html, useState } from '../vendor/preact-htm.js';
import { api, search, useAnswer } from '../api.js';
import { dayInText } from '../dates.js';
import { dayAfter } from '../days.js';
import { money } from '../money.js';
import { Outcome, Refusal, useAction } from '../ui/action.js';
import { Field } from '../ui/field.js';
import { Awaited, Failure } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/suspension.js').default} Text */

/** @param {ScreenProps & {text: Text}} props */
export default function Suspension({ text, account, route }) {
  const path = `/accounts/${encodeURIComponent(account)}/services/${encodeURIComponent(route.query.get('service') ?? '')}/suspension`;
  const answer = useAnswer(path, () => /** @type {Promise<SuspensionOffer>} */ (api('GET', path)));
  const { data, again } = answer;
  const action = useAction(again);
  const current = data?.current;
  return html`
    <h1 tabindex="-1">${text.heading}</h1>
    <p class="muted under">${text.account} <span class="number">${account}</span></p>
    <${Outcome} text=${text} action=${action} account=${account} />
    <${Awaited} text=${text} answer=${answer} />
    ${current && html`
      <section class="card" data-test="current">
        <p>${(current.started ? text.running : text.planned)(dayInText(current.start), dayInText(current.end))}</p>
        <p class="muted">${current.started ? text.resumeMeans : text.cancelMeans}</p>
        <p><button type="button" class="button main" aria-disabled=${action.busy ? 'true' : null} data-test="resume"
          onClick=${() => action.run('resume', () => api('DELETE', path), current.started ? text.resumed : text.cancelled)}>
          ${action.busy ? text.working : current.started ? text.resume : text.cancel}
        </button></p>
      </section>`}
    ${data && !current && !data.allowed && html`
      <${Refusal} text=${text} code=${data.code} message=${data.message} fix=${data.fix} from=${data.available_from} account=${account} />`}
    ${data && !current && data.allowed && html`
      <${Form} key=${data.earliest} text=${text} offer=${data} path=${path} account=${account} busy=${action.busy !== ''}
        order=${(/** @type {Days} */ days, /** @type {SuspensionOffer} */ seen) => action.run('order', () => (
          api('POST', path, { ...days, expected_refund_kopecks: seen.refund_kopecks })),
        text.ordered(dayInText(days.from), dayInText(days.to)))} />`}
    <p><a href=${'#/services?account=' + encodeURIComponent(account)}>${text.toServices}</a></p>`;
}

/** @typedef {{from: string, to: string}} Days */

/**
 * @param {{text: Text, offer: SuspensionOffer, path: string, account: string, busy: boolean,
 *   order(days: Days, seen: SuspensionOffer): void}} props
 */
function Form({ text, offer, path, account, busy, order }) {
  const [days, setDays] = useState({ from: offer.earliest, to: dayAfter(offer.earliest, offer.min_days - 1) });
  const whole = days.from >= offer.earliest && days.from <= offer.latest && days.to >= days.from;
  const asked = whole ? path + search(days) : '';
  const { data: seen, error, again } = useAnswer(asked, () => (
    asked ? /** @type {Promise<SuspensionOffer>} */ (api('GET', asked)) : Promise.resolve(null)));
  const put = (/** @type {keyof Days} */ name) => (/** @type {any} */ event) => setDays({ ...days, [name]: event.target.value });
  return html`
    <p>${text.limits(offer.min_days, offer.max_days, offer.days_left_this_year)}</p>
    <form class="card filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()} aria-label=${text.heading}>
      <${Field} name="from" label=${text.from} type="date" value=${days.from} min=${offer.earliest} max=${offer.latest} onInput=${put('from')} />
      <${Field} name="to" label=${text.to} type="date" value=${days.to} min=${days.from} max=${dayAfter(days.from, offer.max_days - 1)} onInput=${put('to')} />
    </form>
    ${!whole && html`<p class="note warn" role="alert" data-test="days">${text.wrongDays(dayInText(offer.earliest), dayInText(offer.latest))}</p>`}
    ${error && html`<${Failure} text=${text} error=${error} retry=${again} />`}
    ${whole && seen && !seen.allowed && html`
      <${Refusal} text=${text} code=${seen.code} message=${seen.message} from=${seen.available_from} fix=${seen.fix} account=${account} />`}
    ${whole && seen?.allowed && html`
      <section class="card" aria-labelledby="means" data-test="means">
        <h2 id="means">${text.means}</h2>
        <ul>
          <li>${text.off(dayInText(days.from), dayInText(days.to))}</li>
          <li>${seen.refund_kopecks ? text.refund(money(seen.refund_kopecks), dayInText(days.from)) : text.noRefund}</li>
          <li>${seen.fee_kopecks ? text.fee(money(seen.fee_kopecks)) : text.free}</li>
          <li>${text.checked(dayInText(seen.money_checked_on))}</li>
          <li>${seen.keeps_charging.length ? text.keeps(seen.keeps_charging.join(', ')) : text.keepsNothing}</li>
        </ul>
      </section>
      <p><button type="button" class="button main" aria-disabled=${busy ? 'true' : null} data-test="confirm" onClick=${() => order(days, seen)}>
        ${busy ? text.working : text.confirm(dayInText(days.from), dayInText(days.to))}
      </button></p>`}`;
}
