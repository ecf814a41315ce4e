/** What every form needs: one submission at a time, each refusal at its field, the rest above the button. */
import { useEffect, useRef, useState } from '../vendor/preact-htm.js';

/** @typedef {{field: string, message: string}} Problem */

/** The code of a call that was given up at the question for the password. */
export const GIVEN_UP = 'given_up';

/** @param {Record<string, string>} places field of the page by the server's name of it, or by the code of a refusal */
export function useForm(places) {
  const running = useRef(false);
  const idle = { busy: false, problems: /** @type {Problem[]} */ ([]), failed: /** @type {any} */ (null) };
  const [state, setState] = useState(idle);

  // Back from the bank may bring this very page from the browser's memory, still busy
  useEffect(() => {
    const shown = () => {
      running.current = false;
      setState((now) => ({ ...now, busy: false }));
    };
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, []);

  /** @param {() => Promise<any>} act @param {Problem[]} [wrong] what the page itself has found */
  async function send(act, wrong = []) {
    if (running.current) return;
    if (wrong.length) return setState({ ...idle, problems: wrong });
    running.current = true;
    setState({ ...idle, busy: true });
    let after = idle;
    try {
      await act();
    } catch (error) {
      const { code, status, fields, message } = /** @type {any} */ (error);
      const refused = code in places ? [[code, message]] : Object.entries(fields ?? {});
      const silent = refused.length || status === 401 || code === GIVEN_UP;
      after = { ...idle, problems: refused.map(([name, said]) => ({ field: places[name] ?? '', message: said })), failed: silent ? null : error };
    }
    running.current = false;
    setState(after);
  }

  return { ...state, send, of: (/** @type {string} */ name) => state.problems.find(({ field }) => field === name)?.message };
}
