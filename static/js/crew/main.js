// The crew's page: one unit, its assignment, one large button for the next step.
// It uses the same board, socket and words as the console; the steps wait in queue.js while the line is down.

import { get, request } from '../api.js';
import { Board } from '../board.js';
import { now, setServerTime, since } from '../clock.js';
import { config, csrfToken } from '../config.js';
import { nextSteps, stepAt } from '../console/steps.js';
import { clock, coordinates, duration, setTimezone, shortNumber, zoneName } from '../format.js';
import { currentLanguage, onLanguage, pick, setLanguage, t } from '../i18n.js';
import { html, nothing, render } from '../lit.js';
import { Live } from '../live.js';
import { StepQueue } from './queue.js';

const THEME_KEY = 'siaga.theme';

/** @type {Map<string, import('../types.js').IncidentType>} */
const types = new Map();
const board = new Board();
const host = /** @type {HTMLElement} */ (document.getElementById('crew'));
let link = /** @type {import('../live.js').LinkState} */ ('connecting');
let serviceError = '';

const queue = new StepQueue(config.user.username, { onChange: draw, onRow: (row) => board.apply({ assignments: [row] }), now });

const live = new Live('/ws/live', {
  frame: (frame) => board.apply(frame.rows, frame.seq),
  positions: () => undefined,
  time: setServerTime,
  state(state) {
    link = state;
    if (state === 'live') queue.flush();
    draw();
  },
  resync: loadBoard,
});

async function loadBoard() {
  const snapshot = await get('board');
  setServerTime(snapshot.server_time);
  board.load(snapshot);
  return snapshot.seq;
}

/** The units of this crew: named by the page, else all that the server lets it see. */
function myUnits() {
  const units = [...board.units.values()];
  return config.units ? units.filter((unit) => config.units?.includes(unit.call_sign)) : units;
}

/** @param {import('../types.js').Unit} unit @param {string} verb */
async function setService(unit, verb) {
  serviceError = '';
  try {
    board.apply({ units: [await request('POST', `units/${encodeURIComponent(unit.call_sign)}/${verb}`, { reason: t('crew.by_crew') })] });
  } catch (error) {
    serviceError = error instanceof Error ? error.message : '';
  }
  draw();
}

/** Where the last step stands, in words: the crew must never wonder whether it arrived. */
function delivery() {
  if (queue.refused) return html`<p class="delivery refused" role="alert" data-testid="delivery" data-state="refused">▲ ${t('write.refused')}: ${queue.refused}</p>`;
  if (queue.steps.length) return html`<p class="delivery queued" role="status" data-testid="delivery" data-state="queued">◔ ${t('crew.queued', { count: queue.steps.length })}</p>`;
  if (queue.confirmed) return html`<p class="delivery confirmed" role="status" data-testid="delivery" data-state="confirmed">✓ ${t('crew.confirmed', { step: t(`step.${queue.confirmed.status}`), time: clock(queue.confirmed.at) })}</p>`;
  return nothing;
}

/** @param {import('../types.js').Assignment} row */
function assignmentView(row) {
  const incident = board.incident(row.incident);
  const status = /** @type {import('../types.js').Step} */ (queue.pending(row.id) ?? row.status);
  const steps = nextSteps({ ...row, status });
  const isQueued = status !== row.status;
  return html`<article class="task" data-testid="crew-assignment" data-incident=${row.incident} data-status=${status}>
    <header>${incident ? html`<span class="priority p${incident.priority}" aria-label="${t('board.priority')} ${incident.priority}">${incident.priority}</span>` : nothing}
      <h2>${incident ? pick(types.get(incident.type)?.name) || incident.type.replaceAll('_', ' ') : t('incident.title')}</h2><span class="dim">${shortNumber(row.incident_number)}</span></header>
    ${incident ? html`
      <p class="address">${incident.address || incident.zone || coordinates(incident.location)}</p>
      ${incident.zone && incident.address && !incident.address.includes(incident.zone) ? html`<p class="dim">${incident.zone}</p>` : nothing}
      <p class="narrative">${incident.narrative || html`<span class="dim">${t('incident.no_narrative')}</span>`}</p>
      <a class="way" href="geo:${incident.location.lat},${incident.location.lon}?q=${incident.location.lat},${incident.location.lon}" data-testid="crew-map">${t('crew.map')} <span class="dim">${coordinates(incident.location)}</span></a>` : nothing}
    <p class="step">${t(`step.${status}`)} ${isQueued ? nothing : html`<b>${duration(since(stepAt(row)))}</b>`}</p>
    ${delivery()}
    <div class="buttons">${steps.map((step, index) => html`<button type="button" class=${index === 0 ? 'go' : ''} data-testid="crew-step" data-step=${step} @click=${() => queue.add(row.id, step)}>${t(`crew.do.${step}`)}</button>`)}</div>
  </article>`;
}

/** @param {import('../types.js').Unit} unit */
function idleView(unit) {
  const isOut = unit.status === 'out_of_service' || unit.status === 'off_duty';
  return html`<article class="task idle" data-testid="crew-idle" data-status=${unit.status}>
    <p class="step">${isOut ? t(`status.${unit.status}`) : t('crew.ready')}</p>
    <p class="dim">${isOut ? t('crew.out_hint') : t('crew.ready_hint')}</p>
    ${delivery()}
    ${serviceError ? html`<p class="delivery refused" role="alert">▲ ${serviceError}</p>` : nothing}
    <div class="buttons">${isOut
      ? html`<button type="button" class="go" data-testid="crew-in-service" @click=${() => setService(unit, 'in-service')}>${t('crew.in_service')}</button>`
      : html`<button type="button" data-testid="crew-out-of-service" @click=${() => setService(unit, 'out-of-service')}>${t('crew.out_of_service')}</button>`}</div>
  </article>`;
}

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(THEME_KEY, theme);
  draw();
}

function toggleLanguage() {
  const language = currentLanguage() === 'id' ? 'en' : 'id';
  setLanguage(language);
  fetch('/language', { method: 'POST', body: new URLSearchParams({ language, next: '/crew' }), headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() }, redirect: 'manual' }).catch(() => undefined);
}

function draw() {
  const units = myUnits();
  const isCut = link === 'stale' || link === 'revoked';
  render(html`
    <header class="top"><h1>${units.map((unit) => unit.call_sign).join(' · ') || config.user.name}</h1>
      <span class="link ${link}" data-testid="link-state" data-state=${link}><span class="dot" aria-hidden="true"></span>${t(`link.${link}`)}</span>
      <time>${clock(now()).slice(0, 5)} ${zoneName()}</time></header>
    ${isCut ? html`<p class="cut-off" role="alert" data-testid="stale-banner">${link === 'revoked' ? html`${t('banner.revoked')} <a href="/login?next=/crew">${t('banner.login')}</a>` : t('crew.cut')}</p>` : nothing}
    ${units.map((unit) => {
      const row = unit.assignment === null ? undefined : board.assignments.get(unit.assignment);
      return row ? assignmentView(row) : idleView(unit);
    })}
    ${units.length ? nothing : html`<p class="none">${link === 'connecting' ? t('loading') : t('crew.no_unit')}</p>`}
    <footer><button type="button" class="plain" data-testid="theme" @click=${toggleTheme}>${document.documentElement.dataset.theme === 'light' ? t('crew.dark') : t('crew.light')}</button>
      <button type="button" class="plain" data-testid="language" @click=${toggleLanguage}>${currentLanguage() === 'id' ? 'English' : 'Bahasa Indonesia'}</button>
      <form method="post" action="/logout"><input type="hidden" name="csrfmiddlewaretoken" value=${csrfToken()}><button class="plain">${t('header.logout')}</button></form></footer>`, host);
}

async function start() {
  document.documentElement.dataset.theme = localStorage.getItem(THEME_KEY) ?? 'dark';
  setTimezone(config.center.timezone);
  board.subscribe(draw);
  onLanguage(draw);
  setInterval(draw, 1000);
  draw();
  get('incident-types').then((list) => { for (const type of list.items ?? list) types.set(type.code, type); draw(); }, () => undefined);
  for (;;) {
    try {
      live.start(await loadBoard());
      break;
    } catch {
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  queue.flush();
}

start();
