/** The password of the internet connection: made or chosen, shown once; the portal's password is asked for first. */
import { html, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import { ErrorSummary } from '../ui/field.js';
import { useForm } from '../ui/form.js';
import { PasswordField } from '../ui/password_field.js';
import { Failure } from '../ui/shell.js';
import { StepUp, useStepUp } from '../ui/step_up.js';

/** @typedef {Shell & typeof import('../i18n/ru/internet_password.js').default} Text */
/** @typedef {{new_password: string} | {generate: true}} Wish */

/** @param {ScreenProps & {text: Text}} props */
export default function InternetPassword({ text, account, route }) {
  const path = `/accounts/${encodeURIComponent(account)}/services/${encodeURIComponent(route.query.get('service') ?? '')}/password`;
  const { asked, guard } = useStepUp();
  const [made, setMade] = useState('');
  const [done, setDone] = useState('');
  const { busy, problems, failed, send, of } = useForm({ new_password: 'new' });
  const change = (/** @type {Wish} */ wish) => send(async () => {
    const answer = await guard(() => api('PUT', path, wish));
    setMade(answer?.password ?? '');
    setDone(answer?.password ? text.made : text.changed);
  });
  const wait = busy ? 'true' : null;
  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.about}</p>
      <${ErrorSummary} text=${text} problems=${problems} />
      ${failed && html`<${Failure} text=${text} error=${failed} />`}
      <p role="status" class=${done ? 'note ok' : 'gone'} data-test="done">${done}</p>
      ${made && html`<p class="card"><code class="secret" data-test="made">${made}</code> <${Copy} text=${text} value=${made} /></p>`}
      ${asked && html`<${StepUp} text=${text} asked=${asked} />`}
      <div hidden=${Boolean(asked)}>
        <p><button type="button" class="button" aria-disabled=${wait} data-test="generate" onClick=${() => change({ generate: true })}>
          ${busy ? text.working : text.generate}
        </button></p>
        <form method="post" onSubmit=${(/** @type {any} */ event) => {
          event.preventDefault();
          change({ new_password: String(new FormData(event.target).get('new') ?? '') });
        }}>
          <${PasswordField} name="new" label=${text.own} hint=${text.rules} text=${text} error=${of('new')} autocomplete="off" />
          <button class="button main" aria-disabled=${wait}>${busy ? text.working : text.set}</button>
        </form>
      </div>
      <p><a href=${'#/services?account=' + encodeURIComponent(account)}>${text.toServices}</a></p>
    </div>`;
}

/** @param {{text: Text, value: string}} props */
function Copy({ text, value }) {
  const [said, setSaid] = useState(text.copy);
  const copy = () => navigator.clipboard.writeText(value).then(() => setSaid(text.copied), () => setSaid(text.notCopied));
  return html`<button type="button" class="plain" onClick=${copy} aria-live="polite">${said}</button>`;
}
