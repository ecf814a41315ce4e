/** Sign in. A password manager sees an ordinary form; a wrong password and an unknown login look alike. */
import { html, useRef, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import config from '../config.js';
import { ErrorSummary, Field } from '../ui/field.js';

/** @typedef {typeof import('../i18n/ru/login.js').default} Words */
/** @typedef {{field: string, message: string}} Problem */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function Login({ text, adopt, route, sessionOver }) {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [problems, setProblems] = useState(/** @type {Problem[]} */ ([]));
  const [busy, setBusy] = useState(false);

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (busy || !form.current) return;
    const typed = new FormData(form.current);
    const login = String(typed.get('login')).trim();
    const password = String(typed.get('password'));
    const empty = [
      ...(login ? [] : [{ field: 'login', message: text.loginEmpty }]),
      ...(password ? [] : [{ field: 'password', message: text.passwordEmpty }]),
    ];
    setProblems(empty);
    if (empty.length) return;
    setBusy(true);
    try {
      adopt(await api('POST', '/session', { login, password }));
    } catch (error) {
      setProblems(await explain(/** @type {any} */ (error), text));
    }
    setBusy(false);
  }

  const of = (/** @type {string} */ name) => problems.find(({ field }) => field === name)?.message;
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.title.login}</h1>
      ${sessionOver ? html`<p class="note info" data-test="session-over">${text.over}</p>`
        : route.query.has('next') && html`<p class="note info">${text.first}</p>`}
      <${ErrorSummary} text=${text} problems=${problems} />
      <form method="post" ref=${form} onSubmit=${submit} novalidate>
        <${Field} name="login" label=${text.login} hint=${text.loginHint} error=${of('login')}
          autocomplete="username" autocapitalize="none" spellcheck="false" required />
        <${Password} text=${text} error=${of('password')} />
        <button class="button main" aria-disabled=${busy ? 'true' : null}>${busy ? text.entering : text.enter}</button>
      </form>
      <p class="muted">${text.trouble} ${text.call} <a href=${'tel:' + config.phone.replace(/[^+\d]/g, '')}>${config.phone}</a></p>
    </div>`;
}

/** @param {{text: Words, error?: string}} props */
function Password({ text, error }) {
  const [seen, setSeen] = useState(false);
  return html`
    <${Field} name="password" label=${text.password} error=${error} type=${seen ? 'text' : 'password'}
      autocomplete="current-password" autocapitalize="none" spellcheck="false" required
      after=${html`
        <button type="button" class="plain" aria-label=${seen ? text.hidePassword : text.showPassword}
          aria-controls="password" onClick=${() => setSeen(!seen)}>${seen ? text.hide : text.show}</button>`} />`;
}

/** @param {import('../api.js').ApiError} error @param {Shell & Words} text @returns {Promise<Problem[]>} */
async function explain(error, text) {
  if (error.status === 401) return [{ field: 'login', message: text.wrong }];
  if (error.status === 429) {
    if (!error.availableFrom) return [{ field: '', message: text.tooMany }];
    const { soon } = await import('../days.js');
    return [{ field: '', message: text.tooManyUntil(soon(error.availableFrom)) }];
  }
  if (error.code === 'network') return [{ field: '', message: `${text.fail.network}. ${text.fail.networkFix}` }];
  if (error.status >= 500) {
    const number = error.requestId ? ' ' + text.fail.requestId(error.requestId) : '';
    return [{ field: '', message: `${text.fail.ours}. ${text.fail.oursFix}${number}` }];
  }
  const fields = Object.entries(error.fields).map(([field, message]) => ({ field, message }));
  return fields.length ? fields : [{ field: '', message: error.message || text.fail.refused }];
}
