// Shapes of the HTTP contract and of what screens are given; read by tsc only, the browser never asks for it.
type State = 'active' | 'financial_block' | 'suspended' | 'admin_block';
type OperationKind = 'payment' | 'charge' | 'refund' | 'correction';
type TopUpStatus = 'created' | 'awaiting_payment' | 'paid' | 'credited' | 'declined' | 'expired';
type Language = 'ru' | 'en';

interface AccountSummary { account: string; label: string; address: string; balance_kopecks: number; state: State }

interface Session {
  signed_in?: boolean;
  subscriber: { id: string; login: string; name: string };
  accounts: AccountSummary[];
}

interface Service {
  id: string; kind: string; title: string; state: State;
  tariff?: { id: string; title: string; fee_kopecks: number; speed_mbps?: number | null } | null;
  next_charge?: { on: string; amount_kopecks: number } | null;
  planned_change?: { tariff: { title: string; fee_kopecks: number }; on: string; missing?: { amount_kopecks: number; by: string } | null } | null;
  suspension?: { start: string; end: string; started: boolean } | null;
}

interface Account extends AccountSummary {
  state_reason?: string | null;
  promised?: { amount_kopecks: number; until: string } | null;
  available_kopecks?: number;
  due?: { amount_kopecks: number; by: string } | null;
  paid_until?: string | null;
  autopay?: { status: AutopayStatus; next_on?: string | null; amount_kopecks?: number | null; mask?: string | null; card_ends?: string | null };
  services?: Service[];
}

interface Operation {
  id: string; at: string; kind: OperationKind; amount_kopecks: number; balance_after_kopecks: number; title: string;
  service?: string | null; period?: { start: string; end: string } | null; receipt_url?: string | null;
  rule?: string | null; formula?: string | null;
}

interface Totals {
  opening_balance_kopecks: number; payments_kopecks: number; charges_kopecks: number;
  other_kopecks: number; closing_balance_kopecks: number;
}

interface OperationsPage { items: Operation[]; next_cursor: string | null; totals: Totals }
interface Forecast { on: string; kind: string; amount_kopecks: number; balance_after_kopecks: number; title: string }
interface Home { session: Session; account: Account | null; operations?: Operation[]; events?: Forecast[] | null }

interface Refusable { allowed: boolean; code?: string | null; message?: string | null; available_from?: string | null; fix?: string | null }

interface TariffStart {
  when: 'now' | 'next_period'; on: string; allowed: boolean; code?: string | null; message?: string | null; charge_kopecks: number;
  refund_kopecks: number; days_left: number; days_total: number; explanation: string;
}

interface TariffOffer extends Refusable {
  id: string; title: string; fee_kopecks: number; speed_mbps?: number | null; current: boolean; starts: TariffStart[];
}

interface SuspensionOffer extends Refusable {
  earliest: string; latest: string; min_days: number; max_days: number; days_left_this_year: number; refund_kopecks: number;
  fee_kopecks?: number | null; money_checked_on: string; keeps_charging: string[];
  current?: { start: string; end: string; started: boolean } | null;
}

interface PromiseScreen extends Refusable {
  amount_kopecks: number; pay_first_kopecks?: number | null; fee_kopecks: number; until: string;
  active?: { amount_kopecks: number; until: string } | null;
  history: { id: string; amount_kopecks: number; taken_at: string; until: string | null; state: string; state_title: string }[];
}

type AutopayStatus = 'off' | 'pending' | 'active' | 'stopped';

interface AutopayNext {
  period_start: string; announce_on: string; charge_on: string | null; amount_kopecks: number; balance_kopecks: number;
  state: 'planned' | 'announced' | 'skipped' | 'above_cap' | 'missed' | 'charging' | 'unknown' | 'charged' | 'failed' | 'covered';
  reason: string | null;
  /** Charges are negative, what comes back is positive; the balance stands apart. */
  breakdown: { title: string; amount_kopecks: number }[];
}

interface AutopayAttempt {
  at: string; period_start: string; amount_kopecks: number; state: 'charged' | 'declined' | 'checking' | 'not_sent'; reason: string | null;
}

interface Autopay {
  status: AutopayStatus; gateway: string | null; gateways: Gateway[]; suggested_kopecks: number | null;
  card: { mask: string | null; expires: string | null; saved_on: string; ending: boolean } | null;
  cap_kopecks: number; cap_min_kopecks: number; cap_max_kopecks: number;
  /** Neither a confirmed phone nor e-mail: a charge cannot be announced, so none happens. */
  no_channel: boolean;
  next: AutopayNext | null; attempts: AutopayAttempt[]; in_flight: { amount_kopecks: number; since: string } | null;
  stop_reason: string | null; terms: { version: string; text: string };
  /** The top-up that is to save a card. */
  pending_topup: string | null;
}

interface Gateway { id: string; title: string; min_kopecks: number; max_kopecks: number; can_save_card?: boolean }
interface TopUpOptions { gateways: Gateway[]; suggested_kopecks: number | null; card_terms?: { version: string; text: string } | null }
interface Checkout { method: 'GET' | 'POST'; url: string; fields: Record<string, string> }

interface TopUp {
  status: TopUpStatus; id?: string; account?: string; amount_kopecks?: number;
  steps?: { name: string; at: string }[]; receipt_url?: string | null; checkout?: Checkout | null;
}

interface Device { id: string; device: string; started_at: string; last_seen_at: string; current: boolean }

interface Route { name: string; id: string; query: URLSearchParams }

interface ScreenProps {
  route: Route;
  session: Session | null;
  /** The account in view: from the address, or the one last shown, or the first; '' before the session is known. */
  account: string;
  /** The session ended by itself while somebody was here. */
  sessionOver: boolean;
  /** Takes the session that an answer brought; `account`: the one the server showed by itself. */
  adopt(session: Session, account?: string): void;
  go(hash: string): void;
}
type Shell = typeof import('./i18n/ru.js').default;
