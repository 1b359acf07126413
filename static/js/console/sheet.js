// The sheet of all shortcuts, with the switch for single letters.
// It lists what the keyboard has bound; it binds nothing.

import { t } from '../i18n.js';
import { shownAll } from '../keys.js';
import { html, nothing } from '../lit.js';
import { changed, keyboard, ui } from './context.js';

export function sheetView() {
  if (!ui.isSheetOpen) return nothing;
  const groups = [...new Set(keyboard.bindings.map((binding) => binding.group))];
  const close = () => {
    ui.isSheetOpen = false;
    changed();
  };
  return html`<div class="sheet" role="dialog" aria-label=${t('sheet.title')} data-testid="shortcut-sheet">
    <header><h2>${t('sheet.title')}</h2><button type="button" class="plain" @click=${close}><kbd>Esc</kbd> ${t('key.leave')}</button></header>
    <div class="groups">${groups.map((group) => html`<section><h3 class="heading">${t(group)}</h3><dl>
      ${keyboard.bindings.filter((binding) => binding.group === group && binding.label).map((binding) => html`<div class=${keyboard.isActive(binding) ? '' : 'off'}><dt>${shownAll(binding).map((name) => html`<kbd>${name}</kbd> `)}</dt><dd>${t(binding.label)}</dd></div>`)}
    </dl></section>`)}</div>
    <label class="switch"><input type="checkbox" .checked=${!keyboard.lettersOff} @change=${(/** @type {Event} */ event) => { keyboard.lettersOff = !(/** @type {HTMLInputElement} */ (event.target).checked); changed(); }}> ${t('sheet.letters')}</label>
    <p class="dim">${t('sheet.note')}</p>
  </div>`;
}
