/** Operations of a period: totals, rows by fifty, filters that live in the address. */
import { html, useEffect, useState } from '../vendor/preact-htm.js';
import { api, search, useAnswer } from '../api.js';
import { dayInTable } from '../dates.js';
import { monthStart, today } from '../days.js';
import { money, signedMoney } from '../money.js';
import { ErrorSummary } from '../ui/field.js';
import { Filters } from '../ui/filters.js';
import { OperationsTable } from '../ui/operations_table.js';
import { Failure, Loading } from '../ui/shell.js';

/** @typedef {typeof import('../i18n/ru/operations.js').default} Words */
/** @typedef {Shell & Words} Text */
/** @typedef {{from: string, to: string, kind: string, service: string}} Wanted */

/** @param {Route} route @returns {Wanted} the period the server would take by itself: this month up to today */
function wantedBy({ query }) {
  const to = query.get('to') || today();
  const from = query.get('from') || monthStart(to);
  return { from, to, kind: query.get('kind') ?? '', service: query.get('service') ?? '' };
}

/** @param {ScreenProps & {text: Text}} props */
export default function Operations({ text, route, account, go }) {
  const wanted = wantedBy(route);
  const path = `/accounts/${encodeURIComponent(account)}`;
  const first = path + '/operations' + search(wanted);
  const { data, error, again } = useAnswer(first, () => api('GET', first));
  const services = useAnswer(path, () => api('GET', path)).data?.services ?? [];
  const problems = Object.entries(error?.fields ?? {}).map(([field, message]) => ({ field, message }));
  const apply = (/** @type {Partial<Wanted>} */ wish) => go('#/operations' + search(wish));
  return html`
    <h1 tabindex="-1">${text.title.operations}</h1>
    <p class="muted under">${text.account} <span class="number">${account}</span></p>
    <${ErrorSummary} text=${text} problems=${problems} />
    <${Filters} text=${text} wanted=${wanted} services=${services} apply=${apply} refused=${error?.fields} />
    ${error && !problems.length && html`<${Failure} text=${text} error=${error} retry=${again} />`}
    ${!data && !error && html`<${Loading} text=${text} rows=${6} />`}
    ${data && html`
      <${Totals} text=${text} totals=${data.totals} wanted=${wanted} />
      <${Rows} key=${first} text=${text} page=${data} services=${services}
        more=${(/** @type {string} */ cursor) => api('GET', path + '/operations' + search({ ...wanted, cursor }))} />`}`;
}

/** @param {{text: Text, totals: Totals, wanted: Wanted}} props */
function Totals({ text, totals, wanted }) {
  const lines = /** @type {[string, string, string][]} */ ([
    ['opening', text.opening, money(totals.opening_balance_kopecks)],
    ['payments', text.payments, signedMoney(totals.payments_kopecks)],
    ['charges', text.charges, signedMoney(totals.charges_kopecks)],
    ['other', text.other, signedMoney(totals.other_kopecks)],
    ['closing', text.closing, money(totals.closing_balance_kopecks)],
  ]);
  return html`
    <section class="card totals" aria-labelledby="totals">
      <h2 id="totals">${text.totals(dayInTable(wanted.from), dayInTable(wanted.to))}</h2>
      <dl>
        ${lines.map(([name, words, sum]) => html`
          <div key=${name}><dt>${words}</dt><dd data-test=${'total-' + name}>${sum}</dd></div>`)}
      </dl>
      ${(wanted.kind || wanted.service) && html`<p class="muted">${text.totalsIgnoreFilters}</p>`}
    </section>`;
}

/** @param {{text: Text, page: OperationsPage, services: Service[], more(cursor: string): Promise<OperationsPage>}} props */
function Rows({ text, page, services, more }) {
  const [items, setItems] = useState(page.items);
  const [cursor, setCursor] = useState(page.next_cursor);
  const [state, setState] = useState(/** @type {'' | 'busy' | Error} */ (''));
  useEffect(() => {
    setItems(page.items);
    setCursor(page.next_cursor);
  }, [page]);

  async function load() {
    if (state === 'busy' || !cursor) return;
    setState('busy');
    try {
      const next = await more(cursor);
      setItems([...items, ...next.items]);
      setCursor(next.next_cursor);
      setState('');
    } catch (error) {
      setState(/** @type {Error} */ (error));
    }
  }

  const busy = state === 'busy';
  return html`
    <p class="unseen" role="status" data-test="count">${items.length ? text.shown(items.length) : ''}</p>
    ${items.length ? html`<${OperationsTable} text=${text} items=${items} services=${services} />`
      : html`<p class="card empty" data-test="empty">${text.empty}</p>`}
    ${state instanceof Error && html`<${Failure} text=${text} error=${state} retry=${load} />`}
    ${cursor && html`
      <p class="onpaper">${text.notAll(items.length)}</p>
      <p><button type="button" class="button" aria-disabled=${busy ? 'true' : null} onClick=${load}>
        ${busy ? text.loading : text.more}
      </button></p>`}
    ${items.length > 0 && html`<p><button type="button" class="plain" onClick=${() => print()}>${text.print}</button></p>`}`;
}
