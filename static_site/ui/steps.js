/** A payment as a dated line: what has happened, what is awaited. */
import { html } from '../vendor/preact-htm.js';
import { momentInTable } from '../dates.js';

/** How far along the line each status stands. */
const REACHED = { created: 0, awaiting_payment: 0, paid: 1, credited: 2, declined: -1, expired: -1 };
const NAMES = /** @type {const} */ (['awaiting_payment', 'paid', 'credited']);

/**
 * @param {{text: typeof import('../i18n/ru/topup_status.js').default, status: TopUpStatus, steps: {name: string, at: string}[]}} props
 */
export function Steps({ text, status, steps }) {
  const reached = REACHED[status] ?? 0;
  if (reached < 0) return null;
  const when = (/** @type {string} */ name) => steps.find((step) => step.name === name)?.at;
  return html`
    <ol class="steps" aria-label=${text.steps}>
      ${NAMES.map((name, place) => html`
        <li key=${name} class=${place < reached || status === 'credited' ? 'done' : place === reached ? 'doing' : ''}
          aria-current=${place === reached ? 'step' : null}>
          ${text.step[name]}
          ${when(name) && html`<time class="muted" datetime=${when(name)}>${momentInTable(when(name) ?? '')}</time>`}
        </li>`)}
    </ol>`;
}
