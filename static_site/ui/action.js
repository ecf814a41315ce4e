/** A button that changes something: one call at a time, a refusal in words with the way out, a word once it is done. */
import { html, useRef, useState } from '../vendor/preact-htm.js';
import { soon } from '../days.js';
import { Failure } from './shell.js';

/** @typedef {typeof import('../i18n/ru/codes.js').default} Codes */

/** Where each fix is to be had; without one only time helps. @type {Record<string, string>} */
const WAYS = { pay: '#/topup', repay_promise: '#/topup', resume: '#/services', cancel_planned: '#/services', change_card: '#/autopay' };

/** @param {() => void} settled asks anew, whatever came of it: what was shown may be true no longer */
export function useAction(settled) {
  const running = useRef(false);
  const [state, setState] = useState({ busy: '', done: '', failed: /** @type {any} */ (null) });
  /** @param {string} name @param {() => Promise<any>} act @param {string | ((answer: any) => string)} done */
  async function run(name, act, done) {
    if (running.current) return;
    running.current = true;
    setState({ busy: name, done: '', failed: null });
    try {
      const answer = await act();
      setState({ busy: '', done: typeof done === 'string' ? done : done(answer), failed: null });
      document.querySelector('h1')?.focus();
    } catch (error) {
      const givenUp = /** @type {any} */ (error).code === 'given_up'; // at the question for the password
      setState({ busy: '', done: '', failed: givenUp ? null : error });
    }
    running.current = false;
    settled();
  }
  return { ...state, run };
}

/** @param {{text: Shell & Codes, action: {done: string, failed: any}, account: string}} props */
export const Outcome = ({ text, action: { done, failed }, account }) => html`
  <p role="status" class=${done ? 'note ok' : 'gone'} data-test="done">${done}</p>
  ${failed && (failed.status === 409
    ? html`<${Refusal} text=${text} code=${failed.code} message=${failed.message} fix=${failed.fix} from=${failed.availableFrom} account=${account} />`
    : html`<${Failure} text=${text} error=${failed} />`)}`;

/**
 * Why not, from when, and what can be done about it.
 * @param {{text: Shell & Codes, code?: string | null, message?: string | null, fix?: string | null, from?: string | null, account: string}} props
 */
export function Refusal({ text, code, message, fix, from, account }) {
  const way = WAYS[fix ?? ''];
  return html`
    <div class="note warn" role="alert" data-test="refusal" data-code=${code}>
      <p>${message || text.fail.refused} ${from && text.availableFrom(soon(from))}</p>
      ${way && html`<a class="button" href=${`${way}?account=${encodeURIComponent(account)}`}>${text.ways[/** @type {string} */ (fix)]}</a>`}
    </div>`;
}
