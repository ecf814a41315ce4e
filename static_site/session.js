/** Who is here, and what this browser remembers between visits. Nothing here is a secret: the session is an HttpOnly cookie. */
import { useEffect, useState } from './vendor/preact-htm.js';
import { api, SIGNED_OUT } from './api.js';
import config from './config.js';

/** Storage may be forbidden or full: then nothing is remembered and everything else works. @param {() => Storage} storage */
function shelf(storage) {
  return {
    /** @param {string} key */
    get(key) {
      try {
        return storage().getItem(key);
      } catch {
        return null;
      }
    },
    /** @param {string} key @param {string | null} value null forgets */
    set(key, value) {
      try {
        if (value === null) storage().removeItem(key);
        else storage().setItem(key, value);
      } catch {
        // forbidden storage: see above
      }
    },
  };
}

/** Lives until forgotten. */
export const memory = shelf(() => localStorage);

/** Lives as long as the tab. */
export const tabMemory = shelf(() => sessionStorage);

/** @returns {Language} */
export function language() {
  return (memory.get('language') ?? config.defaultLanguage) === 'en' ? 'en' : 'ru';
}

/** The mark is a hint for the first call at boot, never a proof of anything. */
export const wasSignedIn = () => memory.get('signed_in') !== null;

/** Whether to leave room for the account switch before the session is known. */
export const hadSeveralAccounts = () => Number(memory.get('signed_in')) > 1;

/** Screens that need no session. */
export const PUBLIC = ['login', 'topup_status', 'missing'];

/** Only an address of our own, and never the login again. @param {Route} route */
function afterLogin(route) {
  const next = route.query.get('next') ?? '';
  return next.startsWith('#/') && !next.startsWith('#/login') ? next : '#/';
}

/** Nobody is known to be here: the login first, then back to this address. @param {Route} route */
export function guard(route) {
  if (PUBLIC.includes(route.name) || wasSignedIn()) return;
  const next = location.hash.length > 2 ? '?' + new URLSearchParams({ next: location.hash }) : '';
  location.replace('#/login' + next);
}

/**
 * Keeps the session and the account in view, and moves people to the login and back.
 * The main screen brings the session in its own answer; for the others it is asked here.
 * @param {Route} route
 */
export function useSession(route) {
  const [session, setSession] = useState(/** @type {Session | null} */ (null));
  const [chosen, setChosen] = useState(() => memory.get('account') ?? '');
  const [over, setOver] = useState(false);
  const [failure, setFailure] = useState(/** @type {any} */ (null));

  /** @param {string} account '' forgets */
  function choose(account) {
    memory.set('account', account || null);
    setChosen(account);
  }
  /** @param {Session} found @param {string} [account] the one that the server showed by itself */
  function adopt(found, account) {
    memory.set('signed_in', String(found.accounts.length));
    setSession(found);
    setOver(false);
    if (account) choose(account);
  }
  function ended() {
    const here = wasSignedIn(); // several calls may learn it at once
    setOver((known) => known || here);
    memory.set('signed_in', null);
    setSession(null);
  }
  function signedOut() {
    ended();
    setOver(false);
    choose('');
    location.assign('#/login');
  }

  useEffect(() => addEventListener(SIGNED_OUT, ended), []);
  useEffect(() => {
    if (session || (route.name === 'home' && wasSignedIn())) return;
    setFailure(null);
    api('GET', '/session').then((found) => (found.signed_in ? adopt(found) : wasSignedIn() && ended()), setFailure);
  }, [route.name]);
  useEffect(() => {
    if (session && route.name === 'login') location.replace(afterLogin(route));
    if (!session && !location.hash.startsWith('#/login')) guard(route);
  }, [route, session, over]);

  return { session, chosen, over, failure, choose, adopt, signedOut };
}

/** The account in view: from the address, or the last chosen; one of another subscriber is not ours to ask for.
 * @param {Session | null} session @param {(string | null | undefined)[]} wishes @returns {string}
 */
export function accountInView(session, wishes) {
  const fits = (/** @type {any} */ wish) => wish && (!session || session.accounts.some(({ account }) => account === wish));
  return wishes.find(fits) ?? '';
}
