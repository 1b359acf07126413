// The bars that nobody can miss: the data on the screen is old, the session has ended, a part of the installation is away.
// They show states; reconnecting is live.js's work, what is a trouble is decided by the server.

import { since } from '../clock.js';
import { config } from '../config.js';
import { duration } from '../format.js';
import { pick, t } from '../i18n.js';
import { html, nothing, repeat } from '../lit.js';
import { outbox, ui } from './context.js';

const WATCHED_BY = ['supervisor', 'administrator'];
/** What an operator must know too, to act: these change what the operator does. */
const FOR_ALL = ['routing_waits', 'workers_away'];

/** @param {import('../live.js').Live} live */
export function bannerView(live) {
  if (ui.link === 'revoked') return html`<div class="banner" role="alert" data-testid="revoked-banner"><b>${t('banner.revoked')}</b> <a href="/login?next=/">${t('banner.login')}</a></div>`;
  if (ui.link !== 'stale') return nothing;
  const waiting = [...outbox.writes.values()].filter((write) => write.state !== 'failed').length;
  const isDatabase = ui.troubles.some((trouble) => trouble.code === 'postgres_away');
  return html`<div class="banner" role="alert" data-testid="stale-banner" data-part=${isDatabase ? 'postgres' : 'link'}>
    <b>▲ ${t(isDatabase ? 'banner.database' : 'banner.stale')} <span aria-hidden="true">${Math.floor(live.age)} ${t('unit.seconds')}</span></b>
    <span>${t(isDatabase ? 'banner.kept' : 'banner.reconnecting')}</span>
    ${waiting ? html`<span>${t('banner.waiting', { count: waiting })}</span>` : nothing}
    ${isDatabase ? html`<a href="/saved-board" target="siaga-saved-board" data-testid="saved-board-link">${t('banner.saved_board')}</a>` : nothing}
  </div>`;
}

/** Parts that are away while the room goes on, each with its age. Over the foot of the left: no row moves for it. */
export function troublesView() {
  const shown = ui.troubles.filter(({ code }) => code !== 'postgres_away' && (WATCHED_BY.includes(config.user.role) || FOR_ALL.includes(code)));
  if (!shown.length) return nothing;
  return html`<ul class="troubles" role="status" aria-label=${t('troubles.title')} data-testid="troubles">
    ${repeat(shown, ({ code }) => code, (trouble) => html`<li data-testid="trouble" data-code=${trouble.code}><span aria-hidden="true">▲</span> <span>${pick(trouble.words)}</span> <b>${duration(since(trouble.since))}</b></li>`)}
  </ul>`;
}
