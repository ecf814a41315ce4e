/** The password of the internet connection: made or chosen, shown once; the portal's password is asked for first. */
import { html, useRef, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import { ErrorSummary } from '../ui/field.js';
import { PasswordField } from '../ui/password_field.js';
import { Failure } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/internet_password.js').default} Text */
/** @typedef {{new_password: string} | {generate: true}} Wish */

/** @param {ScreenProps & {text: Text}} props */
export default function InternetPassword({ text, account, route }) {
  const path = `/accounts/${encodeURIComponent(account)}/services/${encodeURIComponent(route.query.get('service') ?? '')}/password`;
  const [asked, setAsked] = useState(/** @type {Wish | null} */ (null));
  const [made, setMade] = useState('');
  const [done, setDone] = useState('');
  const [problems, setProblems] = useState(/** @type {{field: string, message: string}[]} */ ([]));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const running = useRef(false);
  const [busy, setBusy] = useState(false);

  /** @param {() => Promise<void>} act */
  async function once(act) {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblems([]);
    setFailed(null);
    try {
      await act();
    } catch (error) {
      const { code, fields, message } = /** @type {any} */ (error);
      const refused = Object.entries(/** @type {Record<string, string>} */ (fields ?? {}));
      if (code === 'wrong_password') setProblems([{ field: 'portal', message }]);
      else if (refused.length) setProblems(refused.map(([field, said]) => ({ field: field === 'new_password' ? 'new' : '', message: said })));
      else setFailed(error);
    }
    running.current = false;
    setBusy(false);
  }

  /** @param {Wish} wish */
  async function change(wish) {
    try {
      const answer = await api('PUT', path, wish);
      setMade(answer?.password ?? '');
      setDone(answer?.password ? text.made : text.changed);
      setAsked(null);
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'step_up_required') throw error;
      setAsked(wish);
    }
  }

  const typed = (/** @type {any} */ event, /** @type {string} */ name) => {
    event.preventDefault();
    return String(new FormData(event.target).get(name) ?? '');
  };
  const of = (/** @type {string} */ name) => problems.find(({ field }) => field === name)?.message;
  const wait = busy ? 'true' : null;
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.about}</p>
      <${ErrorSummary} text=${text} problems=${problems} />
      ${failed && html`<${Failure} text=${text} error=${failed} />`}
      <p role="status" class=${done ? 'note ok' : 'gone'} data-test="done">${done}</p>
      ${made && html`<p class="card"><code class="secret" data-test="made">${made}</code> <${Copy} text=${text} value=${made} /></p>`}
      ${asked ? html`
        <form method="post" key="step-up" onSubmit=${(/** @type {Event} */ event) => {
          const password = typed(event, 'portal');
          once(async () => {
            await api('POST', '/session/step-up', { password });
            await change(asked);
          });
        }}>
          <p class="note info">${text.stepUp}</p>
          <${PasswordField} name="portal" label=${text.portal} text=${text} error=${of('portal')} autocomplete="current-password" />
          <button class="button main" aria-disabled=${wait}>${busy ? text.working : text.confirm}</button>
          <button type="button" class="plain" onClick=${() => setAsked(null)}>${text.back}</button>
        </form>` : html`
        <p><button type="button" class="button" aria-disabled=${wait} data-test="generate" onClick=${() => once(() => change({ generate: true }))}>
          ${busy ? text.working : text.generate}
        </button></p>
        <form method="post" key="own" onSubmit=${(/** @type {Event} */ event) => {
          const wish = { new_password: typed(event, 'new') };
          once(() => change(wish));
        }}>
          <${PasswordField} name="new" label=${text.own} hint=${text.rules} text=${text} error=${of('new')} autocomplete="off" />
          <button class="button main" aria-disabled=${wait}>${busy ? text.working : text.set}</button>
        </form>`}
      <p><a href=${'#/services?account=' + encodeURIComponent(account)}>${text.toServices}</a></p>
    </div>`;
}

/** @param {{text: Text, value: string}} props */
function Copy({ text, value }) {
  const [said, setSaid] = useState(text.copy);
  const copy = () => navigator.clipboard.writeText(value).then(() => setSaid(text.copied), () => setSaid(text.notCopied));
  return html`<button type="button" class="plain" onClick=${copy} aria-live="polite">${said}</button>`;
}
