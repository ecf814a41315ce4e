/** Autopay: what it will do and when; connecting it; all that can be done with a connected one. */
import { html, useEffect } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { forgetTopUp } from '../checkout.js';
import config from '../config.js';
import { dayInText, momentInTable, onCard } from '../dates.js';
import { briefMoney, money } from '../money.js';
import { Outcome, useAction } from '../ui/action.js';
import { ByCard, Connect } from '../ui/autopay_connect.js';
import { Attempts, Kept, KeptCard } from '../ui/autopay_kept.js';
import { Plan } from '../ui/autopay_plan.js';
import { Awaited } from '../ui/shell.js';
import { StepUp, useStepUp } from '../ui/step_up.js';

/** @typedef {Shell & typeof import('../i18n/ru/autopay.js').default} Text */

/** What was said or typed about one account is never seen under another. @param {ScreenProps & {text: Text}} props */
export default function AutopayScreen(props) {
  return html`<${OfAccount} key=${props.account} ...${props} />`;
}

/** @param {ScreenProps & {text: Text}} props */
function OfAccount({ text, account, go }) {
  const path = `/accounts/${encodeURIComponent(account)}/autopay`;
  const answer = useAnswer(path, () => /** @type {Promise<Autopay>} */ (api('GET', path)));
  const { data, again } = answer;
  const action = useAction(again);
  const { asked, guard } = useStepUp();
  // said at the top, the button may be far below
  useEffect(() => action.failed && document.querySelector('h1')?.focus(), [action.failed]);

  const busy = action.busy !== '';
  const skip = (/** @type {AutopayNext} */ { period_start: day }) => action.run('skip', () => (
    api('POST', path + '/skip', { period_start: day })), text.skipped(dayInText(day)));
  const setCap = (/** @type {number} */ kopecks) => action.run('cap', () => guard(() => (
    api('PATCH', path, { cap_kopecks: kopecks }))), text.capSaved(briefMoney(kopecks)));
  const disconnect = (/** @type {string} */ done) => action.run('off', () => api('DELETE', path), () => {
    forgetTopUp(); // connecting once more is a new payment
    return done; // a charge in flight has its own note
  });
  const turnOn = (/** @type {string} */ version, /** @type {number} */ kopecks) => action.run('on', () => guard(() => (
    api('POST', path, { terms_version: version, cap_kopecks: kopecks }))), text.turnedOn);
  const connect = (/** @type {boolean} */ replace) => html`
    <${Connect} text=${text} data=${data} account=${account} path=${path} guard=${guard} again=${again} go=${go} replace=${replace} />`;

  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.account} <span class="number">${account}</span></p>
      <${Outcome} text=${text} action=${action} account=${account} />
      <${Awaited} text=${text} answer=${answer} />
      ${asked && html`<${StepUp} text=${text} asked=${asked} />`}
      ${data && html`
        <div class="narrow" hidden=${Boolean(asked)} data-test="autopay" data-status=${data.status}>
          <${Notes} text=${text} data=${data} />
          ${data.status === 'pending' && html`
            <p class="actions">
              <button type="button" class="button" aria-disabled=${busy ? 'true' : null} data-test="forgo"
                onClick=${() => disconnect(text.forgone)}>${busy ? text.working : text.forgo}</button>
            </p>
            <details data-test="anew"><summary>${text.anew}</summary>${connect(false)}</details>`}
          <${Plan} text=${text} next=${data.next} status=${data.status} busy=${busy} skip=${skip} />
          ${data.status === 'active' && html`
            <${Kept} text=${text} data=${data} busy=${busy} setCap=${setCap} disconnect=${() => disconnect(text.disconnected)}
              replace=${data.gateways.length > 0 && connect(true)} />`}
          ${(data.status === 'off' || data.status === 'stopped') && (data.card && data.gateways.some(({ id }) => id === data.gateway) ? html`
            <${KeptCard} text=${text} data=${data} busy=${busy} forget=${() => disconnect(text.forgotten)} />
            <${ByCard} text=${text} data=${data} busy=${busy} turnOn=${turnOn} />` : connect(false))}
          ${(data.status === 'active' || data.attempts.length > 0) && html`<${Attempts} text=${text} attempts=${data.attempts} />`}
        </div>`}
    </div>`;
}

/** Where things stand, before anything else. @param {{text: Text, data: Autopay}} props */
const Notes = ({ text, data: { status, card, in_flight: flight, no_channel: mute, pending_topup: topUp, stop_reason: reason } }) => html`
  ${(status === 'off' || status === 'pending') && html`<p>${text.about}</p>`}
  ${status === 'stopped' && html`<p class="note warn" data-test="stopped"><strong>${text.stopped}</strong> ${reason}</p>`}
  ${(status === 'pending' || topUp) && html`
    <div class="note info" data-test="pending">
      <p>${status === 'pending' ? text.pending : status === 'active' ? text.pendingCard : text.pendingKept}</p>
      ${topUp && html`<a class="button" href=${'#/topup/' + encodeURIComponent(topUp)}>${text.toPayment}</a>`}
    </div>`}
  ${card?.ending && card.expires && html`<p class="note warn" data-test="card-ends">${text.cardEnding(onCard(card.expires))}</p>`}
  ${flight && html`
    <p class="note info" data-test="in-flight">
      ${text.inFlight(money(flight.amount_kopecks), momentInTable(flight.since))} ${status === 'off' && text.willReturn}
    </p>`}
  ${mute && html`<p class="note warn" data-test="no-channel">${text.noChannel(config.phone)}</p>`}`;
