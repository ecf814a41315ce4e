/** A new password of the cabinet; also the first thing after signing in with an issued one. */
import { html, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import { ErrorSummary } from '../ui/field.js';
import { useForm } from '../ui/form.js';
import { PasswordField } from '../ui/password_field.js';
import { Failure } from '../ui/shell.js';

/** @typedef {Shell & typeof import('../i18n/ru/password.js').default} Text */

/** @param {ScreenProps & {text: Text}} props */
export default function Password({ text, session }) {
  const { busy, problems, failed, send, of } = useForm(
    { wrong_password: 'current_password', current_password: 'current_password', new_password: 'new_password' });
  const [done, setDone] = useState(false);

  /** @param {any} event */
  function submit(event) {
    event.preventDefault();
    const form = event.target;
    send(async () => {
      await api('PUT', '/subscriber/password', Object.fromEntries(new FormData(form)));
      setDone(true);
      form.reset();
      document.querySelector('h1')?.focus();
    });
  }

  return html`
    <div class="narrow">
      <h1 tabindex="-1">${text.heading}</h1>
      <p class="muted under">${text.about}</p>
      <${ErrorSummary} text=${text} problems=${problems} />
      ${failed && html`<${Failure} text=${text} error=${failed} />`}
      <p role="status" class=${done ? 'note ok' : 'gone'} data-test="done">${done && html`${text.changed} <a href="#/">${text.fail.toHome}</a>`}</p>
      <form method="post" onSubmit=${submit}>
        <input class="gone" autocomplete="username" value=${session?.subscriber.login ?? ''} readonly tabindex="-1" aria-hidden="true" />
        <${PasswordField} name="current_password" label=${text.current} text=${text} error=${of('current_password')} autocomplete="current-password" />
        <${PasswordField} name="new_password" label=${text.next} hint=${text.rules} text=${text} error=${of('new_password')} autocomplete="new-password" />
        <button class="button main" aria-disabled=${busy ? 'true' : null}>${busy ? text.working : text.set}</button>
      </form>
    </div>`;
}
