// The middle column's upper half: incidents pending, active and lately closed, one line each.
// It decides order and words of a row; opening one is the panel's business.

import { now, since } from '../clock.js';
import { duration, hourMinute, place, shortNumber } from '../format.js';
import { t, tCode } from '../i18n.js';
import { html, nothing, repeat } from '../lit.js';
import { agencyShort, board, changed, outbox, typeName, ui } from './context.js';
import { openIncidentPanel } from './draft_actions.js';
import { SteadyOrder } from './order.js';
import { priority } from './parts.js';
import { furthest } from './steps.js';

/** @typedef {import('../types.js').Incident} Incident */

const UNSENT_AMBER_SECONDS = 60;
const UNSENT_RED_SECONDS = 180;
const CLOSED_SHOWN = 40;
const SECTIONS = ['pending', 'active', 'closed'];

export const boardOrder = new SteadyOrder();

/** @param {Incident} a @param {Incident} b */
export const byPriority = (a, b) => a.priority - b.priority || a.opened_at.localeCompare(b.opened_at) || a.id - b.id;

/** Ids with their sections, in the order they are shown. */
export function arranged() {
  const open = [...board.incidents.values()].sort(byPriority);
  const closed = [...board.closed.values()].sort((a, b) => (b.closed_at ?? '').localeCompare(a.closed_at ?? '')).slice(0, CLOSED_SHOWN);
  const placed = [...open.map(({ id, status }) => ({ id, section: status === 'pending' ? 'pending' : 'active' })), ...closed.map(({ id }) => ({ id, section: 'closed' }))];
  return boardOrder.arrange(placed, (id) => board.incident(id) !== undefined);
}

/** @param {number} step 1 or -1 */
export function selectRow(step) {
  const placed = arranged();
  const rows = SECTIONS.flatMap((section) => placed.filter((row) => row.section === section));
  if (!rows.length) return;
  boardOrder.use();
  const index = rows.findIndex((row) => row.id === ui.selected);
  ui.selected = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + step))].id;
  changed();
  requestAnimationFrame(() => document.getElementById(`incident-${ui.selected}`)?.scrollIntoView({ block: 'nearest' }));
}

/** Who is on it, by agency: "DPKP 3 · TGC 1", or what is awaited. @param {Incident} incident */
export function who(incident) {
  const assignments = board.assignmentsOf(incident.id);
  const counts = /** @type {Map<string, number>} */ (new Map());
  for (const { agency } of assignments) counts.set(agency, (counts.get(agency) ?? 0) + 1);
  const going = [...counts].map(([agency, count]) => `${agencyShort(agency)} ${count}`);
  const waiting = board.referralsOf(incident.id).filter((referral) => !counts.has(referral.agency)).map((referral) => `${agencyShort(referral.agency)} ${referral.status === 'routed' ? '?' : '–'}`);
  return [...going, ...waiting].join(' · ');
}

/** @param {Incident} incident */
export function step(incident) {
  if (incident.status === 'closed') return t('board.closed_step');
  const assignment = furthest(board.assignmentsOf(incident.id));
  if (assignment) return t(`short.${assignment.status}`);
  const referrals = board.referralsOf(incident.id);
  if (referrals.some((referral) => referral.status === 'routed')) return t('short.referred');
  if (referrals.length) return t('short.accepted');
  if (incident.status !== 'pending') return t('short.unattended');
  return isRoutingAway() ? `▲ ${t('short.routing_waits')}` : t('short.routing');
}

/** Nobody routes just now: the case waits, and says so in its row. */
const isRoutingAway = () => ui.troubles.some(({ code }) => code === 'routing_waits' || code === 'workers_away');

/** Arrival: what it took, or what is left by the estimate. @param {Incident} incident */
export function arrival(incident) {
  if (incident.status === 'closed') return html`<span class="dim">${hourMinute(incident.closed_at ?? incident.opened_at)}</span>`;
  if (incident.first_on_scene_at) return html`<span class="dim">${t('board.arrived')}</span> ${duration((Date.parse(incident.first_on_scene_at) - Date.parse(incident.opened_at)) / 1000)}`;
  const left = board.assignmentsOf(incident.id).filter((assignment) => assignment.travel_seconds !== null)
    .map((assignment) => Number(assignment.travel_seconds) - (now() - Date.parse(assignment.dispatched_at)) / 1000);
  if (left.length) {
    const least = Math.min(...left);
    return least < 0 ? html`<span class="amber">◔ +${duration(-least)}</span>` : html`<span class="dim">±</span>${duration(least)}`;
  }
  const waiting = since(incident.opened_at);
  const state = waiting > UNSENT_RED_SECONDS ? 'red' : waiting > UNSENT_AMBER_SECONDS ? 'amber' : 'dim';
  return html`<span class=${state}>${state === 'red' ? '▲' : '◔'} ${t('board.unsent')}</span>`;
}

/** @param {Incident} incident */
function row(incident) {
  const isOpen = (ui.open ?? ui.draft?.incident) === incident.id;
  const age = incident.status === 'closed' ? (Date.parse(incident.closed_at ?? incident.opened_at) - Date.parse(incident.opened_at)) / 1000 : since(incident.opened_at);
  const where = place(incident);
  const write = outbox.about(`incident:${incident.id}`);
  return html`<li class="incident ${incident.status} ${ui.selected === incident.id ? 'selected' : ''} ${isOpen ? 'open' : ''}" id="incident-${incident.id}" role="option" aria-selected=${ui.selected === incident.id}
      data-testid="incident-row" data-incident=${incident.id} data-number=${incident.number} data-status=${incident.status} @click=${() => openIncidentPanel(incident.id)}>
    ${priority(incident.priority)}
    <span class="dim">${shortNumber(incident.number)}</span>
    <span class="bright cut" title=${typeName(incident.type)}>${typeName(incident.type)}${incident.parent ? html` <span class="dim">→ ${shortNumber(board.incident(incident.parent)?.number ?? '')}</span>` : nothing}${incident.calls > 1 ? html` <span class="dim">${incident.calls} ${t('board.callers')}</span>` : nothing}</span>
    <span class="cut" title=${where}>${where || '—'}</span>
    <span class="dim cut" title=${who(incident)}>${who(incident)}</span>
    <span class="cut">${write ? html`<span class="write ${write.state}">${t(`write.${write.state}`)}</span>` : step(incident)}</span>
    <span class="number">${duration(age)}</span>
    <span class="number cut">${incident.status === 'closed' ? html`<span class="dim cut">${incident.disposition ? tCode('disposition', incident.disposition) : ''}</span>` : arrival(incident)}</span>
  </li>`;
}

export function boardView() {
  const placed = arranged();
  const ids = (/** @type {string} */ section) => placed.filter((row) => row.section === section).map(({ id }) => id);
  return html`<div class="rows" role="listbox" tabindex="0" aria-label=${t('board.title')} aria-activedescendant=${ui.selected === null ? nothing : `incident-${ui.selected}`}
      data-testid="board" @pointermove=${() => boardOrder.use()}>
    ${SECTIONS.map((section) => {
      const list = ids(section);
      return html`<div role="group" aria-label=${t(`board.${section}`)}>
        <h2 class="heading ${section}" role="presentation">${t(`board.${section}`)} <b>${list.length}</b>${section === 'pending' ? html`<span class="columns" aria-hidden="true"><span></span><span></span><span></span><span></span><span>${t('board.who')}</span><span>${t('board.step')}</span><span class="number">${t('board.age')}</span><span class="number">${t('board.arrival')}</span></span>` : nothing}</h2>
        <ul role="none">${repeat(list, (id) => id, (id) => { const incident = board.incident(id); return incident ? row(incident) : nothing; })}</ul>
        ${list.length ? nothing : html`<p class="empty" role="presentation">${t(`board.no_${section}`)}</p>`}
      </div>`;
    })}
  </div>`;
}
