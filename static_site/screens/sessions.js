/** Where the cabinet is open, and how to close it there. */
import { html, useState } from '../vendor/preact-htm.js';
import { api, useAnswer } from '../api.js';
import { momentInTable } from '../dates.js';
import { Awaited, Failure } from '../ui/shell.js';

/** @typedef {typeof import('../i18n/ru/sessions.js').default} Words */

/** @param {ScreenProps & {text: Shell & Words}} props */
export default function Sessions({ text }) {
  const answer = useAnswer('sessions', () => list());
  const { data, again } = answer;
  const [done, setDone] = useState('');
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState('');

  /** @param {string} id '' ends all the others @param {string} words */
  async function end(id, words) {
    if (busy) return;
    setBusy(id || 'all');
    setDone('');
    setFailed(null);
    try {
      await api('DELETE', '/sessions' + (id && '/' + encodeURIComponent(id)));
      setDone(words);
      document.querySelector('h1')?.focus();
    } catch (error) {
      setFailed(error);
    }
    setBusy('');
    again();
  }

  const others = (data ?? []).filter(({ current }) => !current);
  return html`
    <h1 tabindex="-1">${text.heading}</h1>
    <p class="muted under">${text.about}</p>
    <p role="status" class=${done ? 'note ok' : 'gone'} data-test="done">${done}</p>
    ${failed && html`<${Failure} text=${text} error=${failed} />`}
    <${Awaited} text=${text} answer=${answer} />
    <ul class="plainlist">
      ${(data ?? []).map(({ id, device, started_at: started, last_seen_at: seen, current }) => html`
        <li key=${id} class="card device" data-test="device">
          <h2>${device || text.unknown}</h2>
          ${current ? html`<span class="tag active">${text.current}</span>` : html`
            <button type="button" class="button" aria-disabled=${busy === id ? 'true' : null}
              aria-label=${text.endNamed(device || text.unknown)} onClick=${() => end(id, text.ended)}>
              ${busy === id ? text.ending : text.end}
            </button>`}
          <p class="muted">${text.started} ${momentInTable(started)}<br />${text.seen} ${momentInTable(seen)}</p>
        </li>`)}
    </ul>
    ${data && (others.length ? html`
      <p><button type="button" class="button danger" aria-disabled=${busy === 'all' ? 'true' : null}
        onClick=${() => end('', text.endedAll)}>
        ${busy === 'all' ? text.ending : text.endAll}
      </button></p>` : html`<p class="muted">${text.onlyThis}</p>`)}
    <p><a href="#/password">${text.toPassword}</a></p>`;
}

/** @returns {Promise<Device[]>} */
async function list() {
  const answer = await api('GET', '/sessions');
  return Array.isArray(answer) ? answer : answer.items ?? answer.sessions ?? [];
}
