/** The portal's password once more, where the server wants it; then the same call goes again. */
import { html, useEffect, useRef, useState } from '../vendor/preact-htm.js';
import { api, ApiError } from '../api.js';
import { ErrorSummary } from './field.js';
import { PasswordField } from './password_field.js';
import { Failure } from './shell.js';

/** @typedef {typeof import('../i18n/ru/step_up.js').default} Words */
/** @typedef {{go(): void, leave(): void}} Asked */

/** The code of a call that was given up at the question. */
export const GIVEN_UP = 'given_up';

/** While `asked` is there the screen shows `StepUp` instead of what called, and keeps it mounted: nothing typed is lost. */
export function useStepUp() {
  const [asked, setAsked] = useState(/** @type {Asked | null} */ (null));
  /** @template T @param {() => Promise<T>} call @returns {Promise<T>} */
  async function guard(call) {
    try {
      return await call();
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'step_up_required') throw error;
    }
    const proven = await new Promise((resolve) => {
      const answered = (/** @type {boolean} */ yes) => () => {
        setAsked(null);
        resolve(yes);
        document.querySelector('h1')?.focus();
      };
      setAsked({ go: answered(true), leave: answered(false) });
    });
    if (!proven) throw new ApiError(0, { code: GIVEN_UP });
    return guard(call);
  }
  return { asked, guard };
}

/** @param {{text: Shell & Words, asked: Asked}} props */
export function StepUp({ text, asked }) {
  const [problems, setProblems] = useState(/** @type {{field: string, message: string}[]} */ ([]));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  useEffect(() => document.getElementById('portal')?.focus(), []);

  /** @param {any} event */
  async function submit(event) {
    event.preventDefault();
    if (running.current) return;
    const password = String(new FormData(event.target).get('portal') ?? '');
    running.current = true;
    setBusy(true);
    setProblems([]);
    setFailed(null);
    try {
      await api('POST', '/session/step-up', { password });
      return asked.go();
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (code === 'wrong_password') setProblems([{ field: 'portal', message }]);
      else setFailed(error);
    }
    running.current = false;
    setBusy(false);
  }

  return html`
    <form method="post" onSubmit=${submit} data-test="step-up">
      <${ErrorSummary} text=${text} problems=${problems} />
      ${failed && html`<${Failure} text=${text} error=${failed} />`}
      <p class="note info">${text.stepUp}</p>
      <${PasswordField} name="portal" label=${text.portal} text=${text} error=${problems[0]?.message} autocomplete="current-password" />
      <button class="button main" aria-disabled=${busy ? 'true' : null}>${busy ? text.working : text.confirm}</button>
      <button type="button" class="plain" onClick=${asked.leave}>${text.back}</button>
    </form>`;
}
