/** A sum: typed freely («1 000», «107,90») or taken from the usual ones. */
import { html } from '../vendor/preact-htm.js';
import { briefMoney } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { Field } from './field.js';

/**
 * @param {{name?: string, label: string, hint: string, value: string, error?: string, presets?: number[], presetsLabel?: string,
 *   change(value: string): void}} props
 */
export function MoneyField({ name = 'amount', label, hint, value, error, presets = [], presetsLabel, change }) {
  const chosen = readMoney(value);
  return html`
    <${Field} name=${name} label=${label} hint=${hint} error=${error} value=${value} inputmode="decimal" autocomplete="off"
      onInput=${(/** @type {any} */ event) => change(event.target.value)} after=${html`<span aria-hidden="true">₽</span>`} />
    ${presets.length > 0 && html`
      <div class="presets" role="group" aria-label=${presetsLabel}>
        ${[...new Set(presets)].map((each) => html`
          <button key=${each} type="button" class="chip" aria-pressed=${String(each === chosen)} onClick=${() => change(fieldMoney(each))}>
            ${briefMoney(each)}
          </button>`)}
      </div>`}`;
}
