/** Boot and router: which screen the address asks for, who is here, and in which language. */
import { html, render, useEffect, useErrorBoundary, useRef, useState } from './vendor/preact-htm.js';
import config from './config.js';
import russian from './i18n/ru.js';
import { accountInView, guard, hadSeveralAccounts, language, memory, PUBLIC, useSession, wasSignedIn } from './session.js';
import { Failure, Footer, Header, Loading } from './ui/shell.js';

const written = () => [import('./money.js'), import('./dates.js')];
const action = () => [import('./ui/action.js'), import('./days.js'), ...written()];
const form = () => [import('./ui/form.js'), import('./ui/field.js')];
const payment = () => [import('./ui/pay_form.js'), import('./ui/money_field.js'), import('./typed_money.js'), import('./checkout.js'),
  ...form(), ...action()];
const password = () => [import('./ui/password_field.js'), ...form()];
const stepUp = () => [import('./ui/step_up.js'), ...password()];

/** Each screen with what it imports: named together, they are fetched together. The screen itself comes first. */
const SCREENS = /** @type {Record<string, () => Promise<any>[]>} */ ({
  home: () => [import('./screens/home.js'), ...written()],
  login: () => [import('./screens/login.js'), import('./ui/field.js')],
  operations: () => [import('./screens/operations.js'), import('./ui/filters.js'), import('./ui/operations_table.js'),
    import('./ui/why.js'), import('./ui/field.js'), import('./days.js'), ...written()],
  topup: () => [import('./screens/topup.js'), ...payment()],
  topup_status: () => [import('./screens/topup_status.js'), import('./ui/steps.js'), import('./checkout.js'),
    import('./typed_money.js'), ...written()],
  sessions: () => [import('./screens/sessions.js'), import('./dates.js')],
  services: () => [import('./screens/services.js'), ...action()],
  tariff: () => [import('./screens/tariff.js'), import('./ui/field.js'), ...action()],
  suspension: () => [import('./screens/suspension.js'), import('./ui/field.js'), ...action()],
  promised_payment: () => [import('./screens/promised_payment.js'), ...action()],
  autopay: () => [import('./screens/autopay.js'), import('./ui/autopay_connect.js'), import('./ui/autopay_plan.js'),
    import('./ui/autopay_kept.js'), ...stepUp(), ...payment()],
  calendar: () => [import('./screens/calendar.js'), ...written()],
  internet_password: () => [import('./screens/internet_password.js'), ...stepUp()],
  password: () => [import('./screens/password.js'), ...password()],
  accounts: () => [import('./screens/accounts.js'), import('./money.js')],
  missing: () => [import('./screens/missing.js')],
});
const WORDS_IN_SHELL = ['home', 'missing'];
/** Screens with an address of their own. */
const ADDRESSED = Object.keys(SCREENS).filter((name) => !['home', 'topup_status', 'missing'].includes(name));

/** @param {string} hash @returns {Route} */
function parse(hash) {
  const [path, query = ''] = hash.slice(1).split('?');
  const plain = /^\/([a-z-]+)$/.exec(path)?.[1].replace('-', '_') ?? '';
  const payment = /^\/topup\/([\w-]{1,64})$/.exec(path)?.[1];
  const name = /^\/?$/.test(path) ? 'home' : payment ? 'topup_status' : ADDRESSED.includes(plain) ? plain : 'missing';
  return { name, id: payment ?? '', query: new URLSearchParams(query) };
}

/** @param {string} name @param {Language} lang */
async function load(name, lang) {
  const shell = lang === 'en' ? import('./i18n/en.js') : { default: russian };
  const own = WORDS_IN_SHELL.includes(name) ? { default: {} } : import(`./i18n/${lang}/${name}.js`);
  const [words, more, modules] = await Promise.all([shell, own, Promise.all(SCREENS[name]())]);
  return { name, lang, Screen: modules[0].default, text: { ...words.default, ...more.default } };
}

/** Other screens are fetched once the first one is on the screen and the phone has nothing to do. @param {Language} lang */
function prefetch(lang) {
  const all = () => Object.keys(SCREENS).forEach((name) => load(name, lang).catch(() => {}));
  const idle = window.requestIdleCallback ?? setTimeout;
  const timer = setTimeout(() => idle(all), 3000);
  return () => clearTimeout(timer);
}

function App() {
  const [route, setRoute] = useState(() => parse(location.hash));
  const [lang, setLang] = useState(language);
  const [shown, setShown] = useState(/** @type {any} */ ({ text: russian }));
  const [crash] = useErrorBoundary();
  const { session, chosen, over, failure, choose, adopt, signedOut } = useSession(route);
  const [expected] = useState(() => wasSignedIn() && route.name !== 'login');
  const latest = useRef(route);
  latest.current = route;

  useEffect(() => addEventListener('hashchange', () => setRoute(parse(location.hash))), []);
  useEffect(() => {
    load(route.name, lang).then(
      (screen) => latest.current === route && setShown({ ...screen, route }),
      () => setShown({ ...shown, broken: true }),
    );
  }, [route, lang]);
  useEffect(() => {
    document.documentElement.lang = lang;
    if (shown.name) document.title = `${shown.text.title[shown.name] ?? shown.text.heading} — ${config.name}`;
  }, [shown.name, shown.lang, lang]);
  const key = shown.name && shown.name + '/' + shown.route.id;
  const before = useRef('');
  useEffect(() => {
    if (before.current && before.current !== key) {
      scrollTo(0, 0);
      document.querySelector('h1')?.focus();
    }
    before.current = key ?? '';
  }, [key]);
  useEffect(() => (session ? prefetch(lang) : undefined), [!session, lang]);

  const { text } = shown;
  // the header changes together with the screen, so that nothing jumps
  const framed = shown.name ? shown.name !== 'login' : expected;
  const wish = accountInView(session, [shown.route?.query.get('account'), chosen]);
  const account = wish || (shown.name === 'home' ? '' : session?.accounts[0]?.account ?? '');
  const open = PUBLIC.includes(shown.name) || session || (shown.name === 'home' && wasSignedIn());
  const reload = () => location.reload();
  // some browsers never ask again for a module that failed; but without a network a reload would lose the page
  const loadAgain = () => (navigator.onLine ? reload() : setRoute({ ...route }));
  return html`
    <${Header} text=${text} session=${framed ? session : null} current=${shown.name} account=${account}
      signedOut=${signedOut} awaited=${framed && wasSignedIn()} several=${hadSeveralAccounts()}
      choose=${(/** @type {string} */ to) => {
        choose(to);
        if (location.hash.includes('?')) location.assign(location.hash.split('?')[0]);
      }}
      switchLanguage=${() => {
        memory.set('language', lang === 'ru' ? 'en' : 'ru');
        setLang(lang === 'ru' ? 'en' : 'ru');
      }} />
    <main key=${key} id="content" tabindex="-1">
      ${crash ? html`<${Failure} text=${text} error=${crash} retry=${reload} />`
        : shown.broken ? html`<${Failure} text=${text} error=${{ status: 0, code: 'network' }} retry=${loadAgain} />`
        : open ? html`<${shown.Screen} text=${text} route=${shown.route} session=${session} account=${account}
            sessionOver=${over} adopt=${adopt} go=${(/** @type {string} */ hash) => location.assign(hash)} />`
        : failure ? html`<${Failure} text=${text} error=${failure} retry=${reload} />`
        : html`<${Loading} text=${text} />`}
    </main>
    <${Footer} key=${key} text=${text} />`;
}

// The gateway returns to /?pay=<id>: the payment gets its own address in the cabinet.
const paid = new URLSearchParams(location.search).get('pay');
if (paid !== null) history.replaceState(null, '', location.pathname + '#/topup/' + encodeURIComponent(paid));

guard(parse(location.hash));
document.documentElement.lang = language();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById('app')));
