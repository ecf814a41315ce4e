/** Where the gateway returns: what became of the payment. Only the server's word counts, and it works without a session. */
import { html, useEffect, useState } from '../vendor/preact-htm.js';
import { api, search } from '../api.js';
import { follow, forgetTopUp } from '../checkout.js';
import { money } from '../money.js';
import { wasSignedIn } from '../session.js';
import { fieldMoney } from '../typed_money.js';
import { Failure, Loading } from '../ui/shell.js';
import { Steps } from '../ui/steps.js';

/** @typedef {typeof import('../i18n/ru/topup_status.js').default} Words */

/** Seconds between questions: about two minutes in all. */
const PAUSES = [1, 1, 2, 2, 3, 5, 5, 8, 8, 10, 15, 15, 15, 15, 15];
const SLOW_AFTER = 14;
const FINAL = ['credited', 'declined', 'expired'];

/** With a session the whole top-up, without one the status alone. @param {string} id @returns {Promise<TopUp>} */
async function ask(id) {
  const path = '/topups/' + encodeURIComponent(id);
  if (!wasSignedIn()) return api('GET', path + '/status');
  try {
    return await api('GET', path);
  } catch (error) {
    if (![401, 404].includes(/** @type {any} */ (error).status)) throw error;
    return api('GET', path + '/status');
  }
}

/** @param {number} seconds does not end while the tab is hidden */
async function pause(seconds) {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}

/** @param {string} id */
function usePolling(id) {
  const [round, setRound] = useState(0);
  const [state, setState] = useState(/** @type {{topUp: TopUp | null, error: any, waited: number, over: boolean}} */ (
    { topUp: null, error: null, waited: 0, over: false }));
  useEffect(() => {
    let wanted = true;
    async function poll() {
      let waited = 0;
      for (const seconds of [0, ...PAUSES]) {
        if (seconds) await pause(seconds);
        if (!wanted) return;
        waited += seconds;
        const [topUp, error] = await ask(id).then((topUp) => [topUp, null], (/** @type {any} */ refusal) => [null, refusal]);
        if (!wanted) return;
        const refused = error?.status >= 400 && error.status < 500 && error.status !== 429;
        const over = refused || FINAL.includes(topUp?.status ?? '');
        setState((now) => ({ topUp: topUp ?? now.topUp, error, waited, over }));
        if (over) return;
      }
      setState((now) => ({ ...now, over: true }));
    }
    setState((now) => ({ ...now, waited: 0, over: false }));
    poll();
    return () => {
      wanted = false;
    };
  }, [id, round]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function TopUpStatus({ text, route, session }) {
  const { topUp, error, waited, over, again } = usePolling(route.id);
  const status = topUp?.status;
  const final = FINAL.includes(status ?? '');
  useEffect(() => {
    if (final) forgetTopUp(route.id);
  }, [final]);
  const slow = !final && (over || waited >= SLOW_AFTER);
  const sum = topUp?.amount_kopecks ? money(topUp.amount_kopecks) : '';
  const tone = status === 'credited' ? 'ok' : final ? 'bad' : 'info';
  const retry = '#/topup' + search({ account: topUp?.account, sum: topUp?.amount_kopecks ? fieldMoney(topUp.amount_kopecks) : '' });
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      ${topUp?.account && html`<p class="muted under">${text.account} <span class="number">${topUp.account}</span>${sum && `, ${sum}`}</p>`}
      <div role="status" data-test="status" data-status=${status ?? ''}>
        ${status && html`<p class=${'note ' + (status === 'expired' ? 'warn' : tone)}>${(text.now[status] ?? text.now.created)(sum)}</p>`}
        ${status && slow && html`
          <p data-test="slow">${status === 'paid' ? text.slowCredit : text.slow}</p>`}
        ${status && error && error.status === 0 && !over && html`<p>${text.stillTrying}</p>`}
      </div>
      ${!topUp && !error && html`<${Loading} text=${text} />`}
      ${status && html`<${Steps} text=${text} status=${status} steps=${topUp?.steps ?? []} />`}
      ${!topUp && error && html`<${Failure} text=${text} error=${error} retry=${again} />`}
      <div class="actions">
        ${topUp?.checkout && slow && html`
          <button type="button" class="button" onClick=${() => follow(/** @type {Checkout} */ (topUp.checkout))} data-test="pay-on">${text.payOn}</button>`}
        ${topUp && over && !final && html`<button type="button" class="button main" onClick=${again}>${text.checkAgain}</button>`}
        ${(status === 'declined' || status === 'expired') && html`<a class="button main" href=${retry}>${text.tryAgain}</a>`}
        ${/^https?:/.test(topUp?.receipt_url ?? '') && html`
          <a class="button" href=${topUp?.receipt_url} rel="noreferrer">${text.receipt}</a>`}
        <a class=${status === 'credited' ? 'button main' : 'button'} href="#/">${session ? text.fail.toHome : text.signIn}</a>
      </div>
    </div>`;
}
