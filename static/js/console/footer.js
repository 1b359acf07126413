// The foot of the screen: what the keys do now, what was just done, what is waiting or was refused.
// It reads the keyboard's bindings and the outbox; it binds nothing.

import { readable } from '../format.js';
import { t } from '../i18n.js';
import { shown } from '../keys.js';
import { html, nothing } from '../lit.js';
import { changed, keyboard, outbox, ui } from './context.js';

const HINTS_SHOWN = 11;

export function footerView() {
  const writes = [...outbox.writes.values()];
  const failed = writes.filter((write) => write.state === 'failed');
  const queued = writes.filter((write) => write.state === 'queued');
  return html`
    ${failed.length ? html`<div class="refusals" role="alert" data-testid="refusals">${failed.slice(-3).map((write) => html`<p><span class="red">▲ ${t('write.refused')}</span> ${write.label}: <b>${readable(write.error)}</b></p>`)}
      <button type="button" class="plain" @click=${() => outbox.dropFailed()}><kbd>Esc</kbd> ${t('key.seen')}</button></div>` : nothing}
    <div class="foot">
      <div class="hints" aria-label=${t('footer.keys')}>${keyboard.hints().slice(0, HINTS_SHOWN).map((binding) => html`<span class="hint"><kbd>${shown(binding)}</kbd> ${t(binding.label)}</span>`)}</div>
      <div class="said" role="status" aria-live="polite" data-testid="said">
        ${queued.length ? html`<span class="amber" data-testid="queued">◔ ${t('write.waiting', { count: queued.length })}</span>` : nothing}
        ${ui.said}
      </div>
      <button type="button" class="plain" data-testid="help-button" @click=${() => { ui.isSheetOpen = !ui.isSheetOpen; changed(); }}><kbd>?</kbd> ${t('key.help')}</button>
    </div>`;
}
