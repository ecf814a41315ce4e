/** Rows of operations: a table where it fits, cards on a phone (roles are spelled out because the cards drop `display: table`). */
import { html } from '../vendor/preact-htm.js';
import { dayInTable } from '../dates.js';
import { money, signedMoney } from '../money.js';
import { Why } from './why.js';

/** @param {{text: import('../screens/operations.js').Text, items: Operation[], services: Service[]}} props */
export function OperationsTable({ text, items, services }) {
  const receipts = items.some(({ receipt_url: url }) => safe(url));
  const columns = [text.date, text.operation, text.sum, text.after, ...(receipts ? [text.receipt] : [])];
  const titles = new Map(services.map(({ id, title }) => [id, title]));
  return html`
    <table class="card" role="table">
      <caption class="unseen">${text.title.operations}</caption>
      <thead role="rowgroup">
        <tr role="row">${columns.map((name) => html`<th key=${name} role="columnheader" scope="col">${name}</th>`)}</tr>
      </thead>
      <tbody role="rowgroup">
        ${items.map((each) => html`
          <${Row} key=${each.id} text=${text} each=${each} service=${titles.get(each.service ?? '') ?? ''} receipts=${receipts} />`)}
      </tbody>
    </table>`;
}

/** @param {{text: import('../screens/operations.js').Text, each: Operation, service: string, receipts: boolean}} props */
function Row({ text, each, service, receipts }) {
  const period = each.period && text.period(dayInTable(each.period.start), dayInTable(each.period.end));
  const details = [text.kinds[each.kind], service !== each.title && service, period].filter(Boolean).join(' · ');
  const url = safe(each.receipt_url);
  return html`
    <tr role="row" data-test="operation">
      <td role="cell" class="day"><time datetime=${each.at}>${dayInTable(each.at)}</time></td>
      <td role="cell" class="what">${each.title}<small class="muted">${details}</small><${Why} text=${text} each=${each} /></td>
      <td role="cell" class=${each.amount_kopecks > 0 ? 'amount plus' : 'amount'}>${signedMoney(each.amount_kopecks)}</td>
      <td role="cell" class="after" data-label=${text.after}>${money(each.balance_after_kopecks)}</td>
      ${receipts && html`
        <td role="cell" class="receipt">
          ${url && html`<a href=${url} rel="noreferrer" aria-label=${text.receiptOf(dayInTable(each.at))}>${text.receipt}</a>`}
        </td>`}
    </tr>`;
}

/** A receipt lives at the fiscal operator; anything but a web address is not a link. @param {string | null | undefined} url */
const safe = (url) => (url && /^https?:\/\//.test(url) ? url : '');
