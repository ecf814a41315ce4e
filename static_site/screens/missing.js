/** An address that leads nowhere. */
import { html } from '../vendor/preact-htm.js';

/** @param {ScreenProps & {text: Shell}} props */
export default ({ text }) => html`
  <h1 tabindex="-1">${text.fail.missing}</h1>
  <p>${text.fail.missingFix}</p>
  <p><a class="button main" href="#/">${text.fail.toHome}</a></p>`;
