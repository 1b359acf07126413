// Small pieces of markup that several panes use: shapes, priority squares, keyed buttons, the chooser.
// Each takes data and returns a template; none reads the board.

import { readable } from '../format.js';
import { t } from '../i18n.js';
import { keyName } from '../keys.js';
import { html, nothing, ref } from '../lit.js';

/** @param {string} discipline @param {string} [state] class for the colour */
export const shape = (discipline, state = '') => html`<span class="shape ${discipline} ${state}" role="img" aria-label=${t(`discipline.${discipline}`)}></span>`;

/** @param {number} priority @param {boolean} [isLarge] */
export const priority = (priority, isLarge = false) =>
  html`<span class="priority p${priority} ${isLarge ? 'large' : ''}" aria-label="${t('board.priority')} ${priority}">${priority}</span>`;

/**
 * A button that shows its key: the mouse is welcome, the key is quicker.
 * @param {string} key
 * @param {string} label
 * @param {() => void} run
 * @param {{testid?: string, kind?: string, disabled?: boolean, title?: string}} [options]
 */
export const keyed = (key, label, run, { testid, kind = 'plain', disabled = false, title } = {}) =>
  html`<button type="button" class="keyed ${kind}" data-testid=${testid ?? nothing} title=${title ?? nothing} aria-label=${title ?? nothing} ?disabled=${disabled} @click=${(/** @type {Event} */ event) => { event.stopPropagation(); run(); }}>${key ? html`<kbd>${keyName(key)}</kbd>` : nothing}<span>${label}</span></button>`;

/** @param {import('../api.js').Write|undefined} write its mark in words */
export const writeMark = (write) =>
  write ? html`<span class="write ${write.state}" role="status">${write.state === 'failed' ? readable(write.error) : t(`write.${write.state}`)}</span>` : nothing;

/** The same in one word, where a row has no room; the foot of the screen says it whole. @param {import('../api.js').Write} write */
export const shortMark = (write) => html`<span class="write ${write.state} cut" title=${readable(write.error)}>${write.state === 'failed' ? `▲ ${t('write.refused')}` : t(`write.${write.state}`)}</span>`;

/** A question must be seen, wherever its pane is scrolled to. @param {Element|undefined} element */
function showOnce(element) {
  if (!(element instanceof HTMLElement) || element.dataset.shown) return;
  element.dataset.shown = '1';
  queueMicrotask(() => element.scrollIntoView({ block: 'nearest' }));
}

/**
 * A question with a handful of answers; digits choose, Escape leaves.
 * @param {import('./context.js').Chooser} chooser
 */
export function chooserView(chooser) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLFormElement} */ (event.target).querySelector('input');
    const text = field?.value.trim() ?? '';
    if (text) chooser.run('', text);
  };
  return html`<form class="chooser" data-testid="chooser" aria-label=${chooser.title} @submit=${submit} ${ref(showOnce)}>
    <p>${chooser.title} <span class="dim">${t('chooser.leave')}</span></p>
    <div class="choices">
      ${chooser.options.map((option, index) => keyed(index < 9 ? String(index + 1) : '', option.label, () => chooser.run(option.value, ''), { kind: 'choice', testid: `choice-${option.value}`, title: option.detail }))}
    </div>
    ${chooser.text ? html`<input data-testid="chooser-text" placeholder=${chooser.text} aria-label=${chooser.text} ${ref((element) => { if (element instanceof HTMLElement && !element.dataset.met) { element.dataset.met = '1'; element.focus(); } })}>` : nothing}
  </form>`;
}
