/** The portal's password once more, where the server wants it; then the same call goes again. */
import { html, useEffect, useState } from '../vendor/preact-htm.js';
import { api, ApiError } from '../api.js';
import { ErrorSummary } from './field.js';
import { GIVEN_UP, useForm } from './form.js';
import { PasswordField } from './password_field.js';
import { Failure } from './shell.js';

/** @typedef {typeof import('../i18n/ru/codes.js').default} Words */
/** @typedef {{go(): void, leave(): void}} Asked */

/** While `asked`, `StepUp` is shown instead of what called, which stays mounted: nothing typed is lost. */
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
  const { busy, problems, failed, send, of } = useForm({ wrong_password: 'portal' });
  useEffect(() => document.getElementById('portal')?.focus(), []);
  /** @param {any} event */
  function submit(event) {
    event.preventDefault();
    const password = String(new FormData(event.target).get('portal') ?? '');
    send(() => api('POST', '/session/step-up', { password }).then(asked.go));
  }
  return html`
    <form method="post" onSubmit=${submit} data-test="step-up">
      <${ErrorSummary} text=${text} problems=${problems} />
      ${failed && html`<${Failure} text=${text} error=${failed} />`}
      <p class="note info">${text.stepUp}</p>
      <${PasswordField} name="portal" label=${text.portal} text=${text} error=${of('portal')} autocomplete="current-password" />
      <button class="button main" aria-disabled=${busy ? 'true' : null}>${busy ? text.working : text.confirm}</button>
      <button type="button" class="plain" onClick=${asked.leave}>${text.back}</button>
    </form>`;
}
