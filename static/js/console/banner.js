// The bar that nobody can miss: the data on the screen is old, or the session has ended.
// It shows the link's state; reconnecting is live.js's work.

import { t } from '../i18n.js';
import { html, nothing } from '../lit.js';
import { outbox, ui } from './context.js';

/** @param {import('../live.js').Live} live */
export function bannerView(live) {
  if (ui.link === 'revoked') return html`<div class="banner" role="alert" data-testid="revoked-banner"><b>${t('banner.revoked')}</b> <a href="/login?next=/">${t('banner.login')}</a></div>`;
  if (ui.link !== 'stale') return nothing;
  const waiting = [...outbox.writes.values()].filter((write) => write.state !== 'failed').length;
  return html`<div class="banner" role="alert" data-testid="stale-banner">
    <b>▲ ${t('banner.stale')} <span aria-hidden="true">${Math.floor(live.age)} ${t('unit.seconds')}</span></b>
    <span>${t('banner.reconnecting')}</span>
    ${waiting ? html`<span>${t('banner.waiting', { count: waiting })}</span>` : nothing}
  </div>`;
}
