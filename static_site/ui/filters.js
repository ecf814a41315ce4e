/** Which operations to show. Nothing is asked until the button is pressed. */
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact-htm.js';
import { dayBefore, monthStart, today } from '../days.js';
import { ErrorSummary, Field, Select } from './field.js';

/** @typedef {import('../screens/operations.js').Text} Text */
/** @typedef {import('../screens/operations.js').Wanted} Wanted */

/**
 * @param {{text: Text, wanted: Wanted, services: Service[], refused?: Record<string, string>, apply(wish: Partial<Wanted>): void}} props
 */
export function Filters({ text, wanted, services, refused = {}, apply }) {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [problems, setProblems] = useState(/** @type {{field: string, message: string}[]} */ ([]));

  // the address changed (a button, Back): the fields follow it; while somebody types they are left alone
  useLayoutEffect(() => {
    Object.entries(wanted).forEach(([name, value]) => put(name, value));
    setProblems([]);
  }, Object.values(wanted));
  // the list of services may come after somebody has begun to type: only its own field waits for it
  useLayoutEffect(() => put('service', wanted.service), [services.length]);

  /** @param {string} name @param {string} value */
  function put(name, value) {
    const field = /** @type {HTMLInputElement | null} */ (form.current?.elements.namedItem(name));
    if (field) field.value = value;
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (!form.current) return;
    const typed = Object.fromEntries(new FormData(form.current));
    const wish = /** @type {Wanted} */ (typed);
    const backwards = wish.from && wish.to && wish.from > wish.to;
    setProblems(backwards ? [{ field: 'to', message: text.backwards }] : []);
    if (!backwards) apply(wish);
  }

  const error = (/** @type {string} */ name) => problems.find(({ field }) => field === name)?.message ?? refused[name];
  const month = monthStart(today());
  const last = { from: monthStart(month, 1), to: dayBefore(month) };
  return html`
    <${ErrorSummary} text=${text} problems=${problems} />
    <form class="card filters" ref=${form} onSubmit=${submit} novalidate aria-label=${text.filters}>
      <${Field} name="from" label=${text.from} type="date" max=${today()} error=${error('from')} />
      <${Field} name="to" label=${text.to} type="date" error=${error('to')} />
      <${Select} name="kind" label=${text.kind} value=${wanted.kind}
        options=${[['', text.anyKind], ...Object.entries(text.kinds)]} />
      <${Select} name="service" label=${text.service} value=${wanted.service}
        options=${[['', text.anyService], ...services.map(({ id, title }) => [id, title])]} />
      <div class="actions">
        <button class="button main">${text.apply}</button>
        <button type="button" class="plain" onClick=${() => apply({})}>${text.thisMonth}</button>
        <button type="button" class="plain" onClick=${() => apply(last)}>${text.lastMonth}</button>
      </div>
    </form>`;
}
