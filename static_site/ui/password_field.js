/** A password that can be looked at while it is typed; pasting and password managers work. */
import { html, useState } from '../vendor/preact-htm.js';
import { Field } from './field.js';

/** @param {{name: string, label: string, hint?: string, error?: string, text: {show: string, hide: string, shows(label: string): string,
 *   hides(label: string): string}, autocomplete: string}} props */
export function PasswordField({ name, label, hint, error, text, autocomplete }) {
  const [seen, setSeen] = useState(false);
  return html`
    <${Field} name=${name} label=${label} hint=${hint} error=${error} type=${seen ? 'text' : 'password'} autocomplete=${autocomplete}
      autocapitalize="none" spellcheck="false" required after=${html`
        <button type="button" class="plain" aria-label=${seen ? text.hides(label) : text.shows(label)} aria-controls=${name}
          onClick=${() => setSeen(!seen)}>${seen ? text.hide : text.show}</button>`} />`;
}
