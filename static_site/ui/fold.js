/** Something behind a button: focus goes in when it opens, and back to the button when it is closed. */
import { html, useEffect, useRef, useState } from '../vendor/preact-htm.js';

/** @param {{label: string, test: string, open(close: () => void): unknown}} props open: what stands behind the button */
export function Fold({ label, test, open }) {
  const [opened, setOpened] = useState(false);
  const before = useRef(false);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (before.current === opened) return;
    before.current = opened;
    const inside = opened ? box.current?.querySelector('input:not([type="radio"])') : box.current?.querySelector('button');
    /** @type {HTMLElement | null | undefined} */ (inside ?? box.current)?.focus();
  }, [opened]);
  return html`
    <div ref=${box} tabindex="-1" data-test=${test}>
      ${opened ? open(() => setOpened(false)) : html`
        <button type="button" class="button" aria-expanded="false" onClick=${() => setOpened(true)}>${label}</button>`}
    </div>`;
}
