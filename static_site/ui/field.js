/** One field: label above, hint under it, then the error; and the summary that takes focus when a form is refused. */
import { html, useEffect, useRef } from '../vendor/preact-htm.js';

/**
 * Everything that is not named here goes to the input.
 * @param {{name: string, label: string, hint?: string, error?: string, after?: unknown} & Record<string, unknown>} props
 */
export function Field({ name, label, hint, error, after, ...input }) {
  const about = [hint && name + '-hint', error && name + '-error'].filter(Boolean).join(' ');
  return html`
    <div class=${error ? 'field wrong' : 'field'}>
      <label for=${name}>${label}</label>
      ${hint && html`<p class="hint" id=${name + '-hint'}>${hint}</p>`}
      ${error && html`<p class="error" id=${name + '-error'}>${error}</p>`}
      <div class="control">
        <input id=${name} name=${name} aria-invalid=${error ? 'true' : null} aria-describedby=${about || null} ...${input} />
        ${after}
      </div>
    </div>`;
}

/** @param {{name: string, label: string, value: string, options: [string, string][]}} props options: [value, words] */
export const Select = ({ name, label, value, options }) => html`
  <div class="field">
    <label for=${name}>${label}</label>
    <select id=${name} name=${name}>
      ${options.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === value}>${words}</option>`)}
    </select>
  </div>`;

/** Radio cards. @param {{name: string, label: string, value: string, options: [string, string][], change(value: string): void}} props */
export const Choice = ({ name, label, value, options, change }) => html`
  <fieldset class="choice">
    <legend>${label}</legend>
    ${options.map(([each, words]) => html`
      <label key=${each}>
        <input type="radio" name=${name} value=${each} checked=${each === value} onChange=${() => change(each)} />
        ${words}
      </label>`)}
  </fieldset>`;

/**
 * Each refusal, with the way to its field. Takes focus whenever a new list comes.
 * @param {{text: Shell, problems: {field: string, message: string}[]}} props
 */
export function ErrorSummary({ text, problems }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!problems.length) return;
    const title = document.title;
    document.title = text.errorPrefix + title;
    box.current?.focus();
    return () => {
      document.title = document.title.replace(text.errorPrefix, '');
    };
  }, [problems]);
  if (!problems.length) return null;
  return html`
    <div class="note bad summary" role="alert" tabindex="-1" ref=${box} data-test="errors">
      ${problems.map(({ field, message }) => html`
        <p key=${message}>
          ${field ? html`<a href=${'#' + field} onClick=${(/** @type {Event} */ event) => toField(event, field)}>${message}</a>` : message}
        </p>`)}
    </div>`;
}

/** The address belongs to the router, so the link only moves focus. @param {Event} event @param {string} field */
function toField(event, field) {
  event.preventDefault();
  document.getElementById(field)?.focus();
}
