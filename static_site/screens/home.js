/** The main screen: is everything all right, how much to pay, and by when. One call brings it all. */
import { html, useEffect, useRef } from '../vendor/preact-htm.js';
import { api, search, useAnswer } from '../api.js';
import config from '../config.js';
import { dayInTable, dayInText, onCard } from '../dates.js';
import { briefMoney, money, roundUp, signedMoney } from '../money.js';
import { Awaited } from '../ui/shell.js';

/** @param {ScreenProps & {text: Shell}} props */
export default function Home({ text, account, adopt }) {
  // '' asks for the account last used; once the server has named it, that answer is already the right one
  const shown = useRef({ asked: account, named: account });
  if (account !== shown.current.named) shown.current = { asked: account, named: account };
  const answer = useAnswer(shown.current.asked, () => ask(account));
  const { data } = answer;
  useEffect(() => {
    if (!data) return;
    const named = data.account?.account ?? '';
    shown.current.named = named;
    adopt(data.session, named);
  }, [data]);
  return html`
    <h1 tabindex="-1">${text.account}${data?.account && html` <span class="number" data-test="account">${data.account.account}</span>`}</h1>
    ${data?.account?.address && html`<p class="muted under">${data.account.address}</p>`}
    <${Awaited} text=${text} answer=${answer} rows=${4} />
    ${data?.account ? html`<${Overview} text=${text} home=${data} account=${data.account} />`
      : data && html`<p class="card">${text.noAccounts}</p>`}`;
}

/** An account remembered from another subscriber must not lock the screen. @param {string} account @returns {Promise<Home>} */
async function ask(account) {
  try {
    return await api('GET', '/home' + search({ account }));
  } catch (error) {
    if (account && /** @type {any} */ (error).status === 404) return api('GET', '/home');
    throw error;
  }
}

/** @param {{text: Shell, home: Home, account: Account}} props */
const Overview = ({ text, home, account }) => html`
  <${Notices} text=${text} account=${account} />
  <div class="columns">
    <${Balance} text=${text} account=${account} />
    <${Services} text=${text} services=${account.services ?? []} />
    ${home.events?.length ? html`<${Events} text=${text} events=${home.events} />` : ''}
    <${LastOperations} text=${text} operations=${home.operations ?? []} />
  </div>`;

/** @param {{text: Shell, account: Account}} props */
function Notices({ text, account }) {
  const missing = account.due?.amount_kopecks;
  if (account.state === 'financial_block') {
    return html`<p class="note bad" data-test="notice">${missing ? text.blocked(money(missing)) : text.blockedNoSum}</p>`;
  }
  return account.state === 'admin_block' && html`<p class="note bad" data-test="notice">${text.stoppedByStaff(config.phone)}</p>`;
}

/** A word and a colour, never a colour alone. @param {{state: State, words: Record<State, string>}} props */
const Tag = ({ state, words }) => html`<span class=${'tag ' + state} data-test="state">${words[state] ?? ''}</span>`;

/** @param {{text: Shell, account: Account}} props */
function Balance({ text, account }) {
  const { autopay, due, promised, paid_until: until } = account;
  const pay = due && due.amount_kopecks > 0 ? due.amount_kopecks : 0;
  const sum = roundUp(pay);
  const query = search({ account: account.account, sum: pay ? String(sum / 100) : '' });
  return html`
    <section class="card balance" aria-labelledby="balance">
      <${Tag} state=${account.state} words=${text.state} />
      <h2 id="balance">${text.balance}</h2>
      <p class=${account.balance_kopecks < 0 ? 'sum minus' : 'sum'} data-test="balance">${money(account.balance_kopecks)}</p>
      ${until && html`<p data-test="paid-until">${text.enoughUntil(dayInText(until))}</p>`}
      ${pay > 0 && html`<p class="note warn" data-test="due">${text.due(money(pay), dayInText(due?.by ?? ''))}</p>`}
      ${promised && html`
        <p data-test="promised">${text.promised(money(promised.amount_kopecks), dayInText(promised.until))}</p>`}
      ${autopay && html`<p><a href="#/autopay" data-test="autopay">${autopayLine(text, autopay)}</a></p>`}
      <a class="button main" href=${'#/topup' + query} data-test="topup">${pay ? text.topUpBy(briefMoney(sum)) : text.topUp}</a>
      ${pay > 0 && html` <a class="plain" href="#/promised-payment">${text.promise}</a>`}
    </section>`;
}

/** @param {Shell} text @param {NonNullable<Account['autopay']>} autopay */
function autopayLine(text, { status, next_on: day, amount_kopecks: sum, mask, card_ends: ends }) {
  const said = text.autopay[status] ?? '';
  if (status !== 'active') return said;
  return said + (day && sum ? ` ${dayInText(day)}: ${briefMoney(sum)}` : text.autopayOn) + (mask ? text.byCard(mask) : '') + (ends ? text.cardEnds(onCard(ends)) : '');
}

/** @param {{text: Shell, services: Service[]}} props */
const Services = ({ text, services }) => html`
  <section aria-labelledby="services" class="services">
    <h2 id="services">${text.services}</h2>
    ${!services.length && html`<p class="muted">${text.noServices}</p>`}
    <ul class="plainlist">
      ${services.map(({ id, title, state, tariff, next_charge: next }) => html`
        <li key=${id} class="card service" data-test="service">
          <h3><a href="#/services">${title}</a></h3>
          <${Tag} state=${state} words=${text.serviceState} />
          ${tariff && html`
            <p>
              ${tariff.title !== title && html`${tariff.title}, `}${tariff.speed_mbps ? html`${text.speed(tariff.speed_mbps)}, ` : ''}
              ${text.fee(briefMoney(tariff.fee_kopecks))}
            </p>`}
          ${next && html`<p class="muted">${text.nextCharge(dayInText(next.on), money(next.amount_kopecks))}</p>`}
        </li>`)}
    </ul>
  </section>`;

/** @param {{text: Shell, events: Forecast[]}} props */
const Events = ({ text, events }) => html`
  <section class="card" aria-labelledby="events">
    <h2 id="events">${text.events}</h2>
    <ul class="rows">
      ${events.map((event, row) => html`
        <li key=${row} data-test="event">
          <time datetime=${event.on}>${dayInText(event.on)}</time>
          <span>${event.title}<small class="muted">${text.balanceAfter(money(event.balance_after_kopecks))}</small></span>
          ${event.amount_kopecks !== 0 && html`<b>${signedMoney(event.amount_kopecks)}</b>`}
        </li>`)}
    </ul>
    <p><a href="#/calendar">${text.allEvents}</a></p>
  </section>`;

/** @param {{text: Shell, operations: Operation[]}} props */
const LastOperations = ({ text, operations }) => html`
  <section class="card" aria-labelledby="last">
    <h2 id="last">${text.lastOperations}</h2>
    ${!operations.length && html`<p class="muted">${text.noOperations}</p>`}
    <ul class="rows">
      ${operations.slice(0, 5).map((each) => html`
        <li key=${each.id} data-test="operation">
          <time datetime=${each.at}>${dayInTable(each.at)}</time>
          <span>${each.title}</span>
          <b class=${each.amount_kopecks > 0 ? 'plus' : ''}>${signedMoney(each.amount_kopecks)}</b>
        </li>`)}
    </ul>
    <p><a href="#/operations">${text.allOperations}</a></p>
  </section>`;
