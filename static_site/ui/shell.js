/** What stands around every screen: header, sections, footer; and the states that every screen has. */
import { html, useEffect, useState } from '../vendor/preact-htm.js';
import { api } from '../api.js';
import config from '../config.js';

const SECTIONS = /** @type {const} */ ([
  ['home', '#/'],
  ['services', '#/services'],
  ['operations', '#/operations'],
  ['topup', '#/topup'],
  ['sessions', '#/sessions'],
]);

/**
 * Drawn whole before the session is known, so that nothing jumps when it comes.
 * @param {{text: Shell, session: Session | null, current: string, account: string, awaited: boolean, several: boolean,
 *   choose(account: string): void, switchLanguage(): void, signedOut(): void}} props
 */
export function Header({ text, session, current, account, awaited, several, choose, switchLanguage, signedOut }) {
  const [open, setOpen] = useState(false);
  const here = session || awaited;
  const many = session ? session.accounts.length > 1 : several;
  useEffect(() => setOpen(false), [location.hash]);
  return html`
    <header>
      <a class="skip" href=${location.hash || '#/'} onClick=${toContent}>${text.skip}</a>
      <div class="top">
        <a class="brand" href="#/">${config.name}</a>
        ${session && html`<span class="who" data-test="subscriber">${session.subscriber.name}</span>`}
        <button type="button" class="plain" lang=${text.otherLanguage === 'English' ? 'en' : 'ru'} onClick=${switchLanguage}>
          ${text.otherLanguage}
        </button>
        ${here && html`<${LogOut} text=${text} signedOut=${signedOut} />`}
      </div>
      ${here && html`
        <div class=${many ? 'bar' : 'bar single'}>
          ${many && html`<${AccountSwitch} text=${text} accounts=${session?.accounts ?? []} account=${account} choose=${choose} />`}
          <button type="button" class="menu" aria-expanded=${String(open)} aria-controls="sections" onClick=${() => setOpen(!open)}>
            ${text.sections}
          </button>
        </div>`}
    </header>
    ${here && html`
      <nav id="sections" class=${open ? 'open' : ''} aria-label=${text.mainNav}>
        <ul>
          ${SECTIONS.map(([name, href]) => html`
            <li key=${name}><a href=${href} aria-current=${name === current ? 'page' : null}>${text.title[name]}</a></li>`)}
          ${many && html`
            <li><a href="#/accounts" aria-current=${current === 'accounts' ? 'page' : null}>${text.title.accounts}</a></li>`}
        </ul>
      </nav>`}`;
}

/** A plain `#content` would be taken for a screen. @param {Event} event */
function toContent(event) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/**
 * Only for several accounts: one needs no list, screens name it themselves.
 * @param {{text: Shell, accounts: AccountSummary[], account: string, choose(account: string): void}} props
 */
function AccountSwitch({ text, accounts, account, choose }) {
  return html`
    <label class="switch grow">
      <span>${text.account}</span>
      <select data-test="account-switch" value=${account} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
        ${accounts.map((each) => html`
          <option key=${each.account} value=${each.account} selected=${each.account === account}>
            ${each.account}${each.label && each.label !== each.account ? ` · ${each.label}` : ''}
          </option>`)}
      </select>
    </label>`;
}

/** Never pretends: without the server's word the person is still signed in. @param {{text: Shell, signedOut(): void}} props */
function LogOut({ text, signedOut }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  async function leave() {
    if (busy) return;
    setBusy(true);
    setFailed(false);
    try {
      await api('DELETE', '/session');
      signedOut();
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) signedOut();
      setFailed(true);
    }
    setBusy(false);
  }
  return html`
    <button type="button" class="plain" aria-disabled=${busy ? 'true' : null} onClick=${leave}>
      ${busy ? text.loggingOut : text.logOut}
    </button>
    <p role="alert" class=${failed ? 'note bad wide' : 'gone'}>${failed && text.logOutFailed}</p>`;
}

/** Help stands in the same place on every screen. @param {{text: Shell}} props */
export const Footer = ({ text }) => html`
  <footer>${text.help}: <a href=${'tel:' + config.phone.replace(/[^+\d]/g, '')}>${config.phone}</a></footer>`;

/** Holds the height of what is coming. @param {{text: Shell, rows?: number}} props */
export const Loading = ({ text, rows = 3 }) => html`
  <div class="skeleton" data-test="loading">
    <p class="unseen" role="status">${text.loading}</p>
    ${Array.from({ length: rows }, (_, row) => html`<div key=${row}></div>`)}
  </div>`;

/**
 * What happened, then what to do.
 * @param {{text: Shell, error: any, retry?: () => void}} props error: an ApiError, or anything else that was thrown
 */
export function Failure({ text, error, retry }) {
  const { status = -1, code, message, requestId } = error ?? {};
  const [said, fix] =
    code === 'network' ? [text.fail.network, text.fail.networkFix]
    : status === 202 ? [text.fail.unknown, text.fail.unknownFix]
    : code === 'password_change_required' ? [text.fail.password, '']
    : status >= 500 || status === -1 ? [text.fail.ours, text.fail.oursFix]
    : status === 404 ? [text.fail.missing, text.fail.missingFix]
    : [message || text.fail.refused, ''];
  return html`
    <div class="note bad" role="alert" data-test="failure">
      <p><strong>${said}.</strong> ${fix}</p>
      ${requestId && status >= 500 && html`<p>${text.fail.requestId(requestId)}</p>`}
      ${status === 404 ? html`<a class="button" href="#/">${text.fail.toHome}</a>`
        : code === 'password_change_required' ? html`<a class="button" href="#/password">${text.fail.passwordFix}</a>`
        : retry && html`<button type="button" class="button" onClick=${retry}>${text.retry}</button>`}
    </div>`;
}

/** Until there is something to show: that it comes, or why it did not. @param {{text: Shell, answer: {data: any, error: any, again(): void}, rows?: number}} props */
export const Awaited = ({ text, answer: { data, error, again }, rows }) => (
  error ? html`<${Failure} text=${text} error=${error} retry=${again} />` : !data && html`<${Loading} text=${text} rows=${rows} />`);
