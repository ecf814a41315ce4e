/** The id of a top-up, made here so that a repeat after a lost answer is the same top-up; and the way to the bank's page. */
import { tabMemory } from './session.js';

/** @typedef {{account: string, amount_kopecks: number, gateway: string, purpose?: string}} Wish purpose: what else it is for */

/** Seconds before an order of unknown outcome is sent again, under the same id. */
const REPEATS = [2, 4, 8];

/** `crypto.randomUUID` is missing on old phones and over plain http. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Stands in when the browser forbids storage. */
let last = '';

/** The same id for the same wish until that top-up has ended. @param {Wish} wish */
function sameTopUp(wish) {
  const body = JSON.stringify([wish.account, wish.amount_kopecks, wish.gateway, wish.purpose]);
  const [kept, id] = (tabMemory.get('topup') ?? last).split('\n');
  if (kept === body && id) return id;
  const fresh = uuid();
  last = body + '\n' + fresh;
  tabMemory.set('topup', last);
  return fresh;
}

/** After this the next wish is a new top-up. @param {string} [id] only if it is this one */
export function forgetTopUp(id) {
  if (id && !(tabMemory.get('topup') ?? last).endsWith(id)) return;
  last = '';
  tabMemory.set('topup', null);
}

/**
 * The server knows a repeat by its id. An id taken by another request is not ours: once more with a new one.
 * @param {Wish} wish @param {(id: string) => Promise<any>} post @returns {Promise<{id: string, checkout: Checkout | null}>}
 */
export async function order(wish, post) {
  const send = async () => {
    const id = sameTopUp(wish);
    return { id, ...(await settled(() => post(id))) };
  };
  try {
    return await send();
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'conflict') throw error;
    forgetTopUp();
    return send();
  }
}

/**
 * 202: the order was sent and nobody knows whether it arrived. The same id again is harmless, a new one would not be.
 * @template T @param {() => Promise<T>} post @returns {Promise<T>}
 */
async function settled(post) {
  for (const seconds of REPEATS) {
    try {
      return await post();
    } catch (error) {
      if (/** @type {any} */ (error).status !== 202) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  return post();
}

/** Leaves the site. @param {Checkout} checkout */
export function follow({ method, url, fields }) {
  const { href, protocol } = new URL(url, location.href);
  if (!/^https?:$/.test(protocol)) throw new Error('not a web address');
  if (method === 'GET') return location.assign(href);
  const form = document.createElement('form');
  form.method = 'post';
  form.action = href;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
