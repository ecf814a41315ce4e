/** How much and through whom, then the bank's page: for a top-up and for whatever else a first payment does. */
import { html, useState } from '../vendor/preact-htm.js';
import { follow, order } from '../checkout.js';
import config from '../config.js';
import { briefMoney } from '../money.js';
import { fieldMoney, readMoney } from '../typed_money.js';
import { Refusal } from './action.js';
import { Choice, ErrorSummary } from './field.js';
import { useForm } from './form.js';
import { MoneyField } from './money_field.js';
import { Failure } from './shell.js';

/** @typedef {typeof import('../i18n/ru/topup.js').default & typeof import('../i18n/ru/codes.js').default} Words */
/** @typedef {{amount_kopecks: number, gateway: string}} Payment */

/**
 * @param {{text: Shell & Words, name: string, options: TopUpOptions, account: string, sum?: number | null, label: string,
 *   pay(sum: string): string, go(hash: string): void, post(id: string, payment: Payment): Promise<any>,
 *   purpose?: string, check?(): import('./form.js').Problem[], more?(of: (field: string) => string | undefined, gateway: string): unknown,
 *   outdated?(): void}} props
 *   name: of the form; purpose, check, more: what else the payment does, what is wrong with it, and its fields;
 *   outdated: what was shown is true no longer
 */
export function PayForm({ text, name, options, account, sum, label, pay, go, post, purpose, check, more, outdated }) {
  const { gateways, suggested_kopecks: suggested } = options;
  const [chosen, setChosen] = useState('');
  const asked = sum ?? suggested;
  const [typed, setTyped] = useState(asked ? fieldMoney(asked) : '');
  const { busy, problems, failed, send, of } = useForm({ amount_kopecks: 'amount', 'topup.amount_kopecks': 'amount', cap_kopecks: 'cap' });
  const { id: gateway, min_kopecks: min, max_kopecks: max } = gateways.find(({ id }) => id === chosen) ?? gateways[0];
  const amount = readMoney(typed);

  async function leave() {
    const payment = { amount_kopecks: Number(amount), gateway };
    try {
      const topUp = await order({ account, ...payment, purpose }, (id) => post(id, payment));
      if (!topUp.checkout) return go('#/topup/' + topUp.id);
      follow(topUp.checkout);
    } catch (error) {
      if (/** @type {any} */ (error).status === 409) outdated?.();
      throw error;
    }
    return new Promise(() => {}); // busy until the page is gone
  }

  /** @param {Event} [event] */
  function submit(event) {
    event?.preventDefault();
    const wrong = amount === null ? text.notSum
      : amount < min ? text.tooLittle(briefMoney(min))
      : amount > max ? text.tooMuch(briefMoney(max)) : '';
    send(leave, [...(wrong ? [{ field: 'amount', message: wrong }] : []), ...(check?.() ?? [])]);
  }

  return html`
    <${ErrorSummary} text=${text} problems=${problems} />
    <form method="post" onSubmit=${submit} novalidate aria-label=${name}>
      <${MoneyField} label=${label} hint=${text.limits(briefMoney(min), briefMoney(max))} value=${typed} change=${setTyped}
        error=${of('amount')} presetsLabel=${text.presets}
        presets=${[suggested, ...config.presets.map((rubles) => rubles * 100)].filter((each) => each && each >= min && each <= max)} />
      ${gateways.length > 1 && html`
        <${Choice} name="gateway" label=${text.gateway} value=${gateway} change=${setChosen}
          options=${gateways.map(({ id, title }) => [id, title])} />`}
      ${more?.(of, gateway)}
      <p class="muted">${text.bankPage}</p>
      ${failed && (failed.status === 409
        ? html`<${Refusal} text=${text} code=${failed.code} message=${failed.message} fix=${failed.fix} from=${failed.availableFrom} account=${account} />`
        : html`<${Failure} text=${text} error=${failed} retry=${[0, 202].includes(failed.status) ? () => submit() : undefined} />`)}
      <button class="button main" aria-disabled=${busy ? 'true' : null} data-test="pay">
        ${busy ? text.opening : pay(amount ? briefMoney(amount) : '')}
      </button>
    </form>`;
}
