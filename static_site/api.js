/** The only door to the server: JSON over the same origin, the cookie goes by itself. */
import { useEffect, useState } from './vendor/preact-htm.js';

/** API Gateway gives up after 29 s; a phone that lost the network may never say so. */
const TIMEOUT_MS = 31_000;

/** Sent to `window` when the server does not know our session. */
export const SIGNED_OUT = 'signed-out';

/** A refusal, or no answer at all (`status` 0, `code` 'network'). `message` is the server's, in the reader's language. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string, fields?: Record<string, string>, available_from?: string, fix?: string}} [body]
   * @param {string} [requestId]
   */
  constructor(status, body = {}, requestId = '') {
    super(body.message ?? '');
    this.status = status;
    this.code = body.code ?? (status ? 'unknown' : 'network');
    this.fields = body.fields ?? {};
    this.availableFrom = body.available_from ?? null;
    this.fix = body.fix ?? null;
    this.requestId = requestId;
  }
}

/**
 * @param {'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} method
 * @param {string} path after `/api`
 * @param {unknown} [body]
 * @returns {Promise<any>} the parsed answer, null for 204
 * @throws {ApiError} with status 202 if nobody knows yet whether it happened: that is never a success
 */
export async function api(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  let response, text;
  try {
    response = await fetch('/api' + path, {
      method,
      headers,
      signal: abort.signal,
      cache: 'no-store',
      credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0);
  } finally {
    clearTimeout(timer);
  }
  const answer = parsed(text);
  const unknown = response.status === 202 && answer?.code === 'outcome_unknown';
  if (response.ok && answer !== undefined && !unknown) return answer;
  const requestId = response.headers.get('X-Request-Id') ?? '';
  const error = new ApiError(response.ok && !unknown ? 502 : response.status, answer ?? {}, requestId);
  if (error.status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  throw error;
}

/** @param {string} text @returns {any} undefined if it is not ours: a proxy's page, a cut answer */
function parsed(text) {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Empty values are left out. @param {Record<string, string | null | undefined>} values */
export function search(values) {
  const kept = Object.entries(values).filter(([, value]) => value);
  return kept.length ? '?' + new URLSearchParams(/** @type {[string, string][]} */ (kept)) : '';
}

/**
 * Asks once for each `key`; the answer for another key is never shown under this one.
 * @template T
 * @param {string} key
 * @param {() => Promise<T>} ask
 */
export function useAnswer(key, ask) {
  const [round, setRound] = useState(0);
  const [state, setState] = useState(/** @type {{key: string, data: T | null, error: any}} */ ({ key, data: null, error: null }));
  useEffect(() => {
    let wanted = true;
    setState((now) => ({ key, data: now.key === key ? now.data : null, error: null }));
    ask().then(
      (data) => wanted && setState({ key, data, error: null }),
      (error) => wanted && setState((now) => ({ ...now, error })),
    );
    return () => {
      wanted = false;
    };
  }, [key, round]);
  const mine = state.key === key;
  return { data: mine ? state.data : null, error: mine ? state.error : null, again: () => setRound((n) => n + 1) };
}
