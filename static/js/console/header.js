// The top line: counts, link state, the clock, the user, language and log-out.
// It shows numbers with their meaning; it changes nothing but the language.

import { now } from '../clock.js';
import { config, csrfToken } from '../config.js';
import { clock, percentile, zoneName } from '../format.js';
import { currentLanguage, setLanguage, t } from '../i18n.js';
import { html } from '../lit.js';
import { board, changed, ui } from './context.js';

const ANSWER_GOAL_SECONDS = 10;

/** @param {string} label @param {unknown} value @param {string} [state] @param {string} [testid] */
const count = (label, value, state = '', testid = '') => html`<span class="count" data-testid=${testid}>${label} <b class=${state}>${value}</b></span>`;

/** @param {'id'|'en'} language */
async function chooseLanguage(language) {
  setLanguage(language);
  changed();
  const body = new URLSearchParams({ language, csrfmiddlewaretoken: csrfToken(), next: location.pathname });
  await fetch('/language', { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() }, redirect: 'manual' }).catch(() => undefined);
}

/** @param {import('../live.js').Live} live */
export function headerView(live) {
  const calls = [...board.calls.values()];
  const ringing = calls.filter((call) => call.status === 'ringing').length;
  const incidents = [...board.incidents.values()];
  const pending = incidents.filter((incident) => incident.status === 'pending').length;
  const units = [...board.units.values()].filter((unit) => unit.is_active && unit.status !== 'off_duty');
  const ready = units.filter((unit) => unit.status === 'available').length;
  const answer = percentile([...board.answerSeconds.values()], 0.9);
  return html`
    <h1><span class="mark" aria-hidden="true"></span>SIAGA 112</h1>
    <p class="where">${config.center.name} · <a href="/account" data-testid="account"><b>${config.user.name || config.user.username}</b></a> · ${t(`role.${config.user.role}`)}</p>
    <nav class="places" aria-label=${t('header.pages')}>
      ${location.pathname === '/map' ? html`<a href="/">${t('header.console')}</a>` : html`<a href="/map" target="siaga-map">${t('header.map')}</a>`}
      ${config.user.role === 'administrator' ? html`<a href="/admin/">${t('header.admin')}</a>` : ''}
    </nav>
    <div class="counts">
      ${count(t('header.ringing'), ringing, ringing ? 'red' : '', 'count-ringing')}
      ${count(t('header.answer'), answer === null ? '—' : `${Math.round(answer)} ${t('unit.seconds')}`, answer !== null && answer > ANSWER_GOAL_SECONDS ? 'amber' : '', 'count-answer')}
      ${count(t('header.pending'), pending, '', 'count-pending')}
      ${count(t('header.active'), incidents.length - pending, '', 'count-active')}
      ${count(t('header.ready'), `${ready}/${units.length}`, '', 'count-ready')}
      <span class="link ${ui.link}" data-testid="link-state" data-state=${ui.link}><span class="dot" aria-hidden="true"></span>${t(`link.${ui.link}`)} <span class="dim">${live.age.toFixed(live.age < 10 ? 1 : 0).replace('.', currentLanguage() === 'id' ? ',' : '.')} ${t('unit.seconds')}</span></span>
    </div>
    <time class="clock" data-testid="clock">${clock(now())} ${zoneName()}</time>
    <div class="language" role="group" aria-label=${t('header.language')}>
      ${(/** @type {const} */ (['id', 'en'])).map((code) => html`<button type="button" class="plain" lang=${code} aria-pressed=${currentLanguage() === code} data-testid="language-${code}" @click=${() => chooseLanguage(code)}>${code.toUpperCase()}</button>`)}
    </div>
    <form method="post" action="/logout"><input type="hidden" name="csrfmiddlewaretoken" value=${csrfToken()}><button class="plain" data-testid="logout">${t('header.logout')}</button></form>`;
}
