// The supervisor's side: agencies with what they have left, alarms, the chosen incident, all open incidents by priority.
// It shows and chooses; the only write is an alarm's acknowledgement.

import { since } from '../clock.js';
import { arrival, byPriority, step, who } from '../console/board_pane.js';
import { alarmRow, sortedAlarms } from '../console/calls.js';
import { agencies, agencyName, agencyShort, board, changed, openIncident, typeName, ui } from '../console/context.js';
import { SteadyOrder } from '../console/order.js';
import { keyed, priority, shape } from '../console/parts.js';
import { stepAt } from '../console/steps.js';
import { clock, coordinates, duration, shortNumber } from '../format.js';
import { pick, t, tCode } from '../i18n.js';
import { html, nothing, repeat } from '../lit.js';
import { isAgencyShown, isAnyHidden, isIncidentShown, showAgency, showAllAgencies } from './shown.js';

/** @typedef {import('../types.js').Incident} Incident */

const RESTING = ['available', 'out_of_service', 'off_duty'];

export const listOrder = new SteadyOrder();

/** Choose an incident, or none. @param {number|null} id */
export function choose(id) {
  ui.open = id;
  ui.selected = id ?? ui.selected;
  changed();
}

/** @param {number} move 1 or -1 */
export function chooseNext(move) {
  const list = arranged();
  if (!list.length) return;
  listOrder.use();
  const index = list.findIndex((incident) => incident.id === (ui.open ?? ui.selected));
  choose(list[index < 0 ? 0 : Math.min(list.length - 1, Math.max(0, index + move))].id);
  requestAnimationFrame(() => document.getElementById(`incident-${ui.open}`)?.scrollIntoView({ block: 'nearest' }));
}

/** Open incidents that are looked at, highest priority first. @returns {Incident[]} */
function arranged() {
  const sorted = [...board.incidents.values()].filter(isIncidentShown).sort(byPriority);
  const placed = listOrder.arrange(sorted.map(({ id }) => ({ id, section: 'open' })), (id) => board.incidents.has(id));
  return placed.flatMap(({ id }) => board.incidents.get(id) ?? []);
}

function agencyCounts() {
  const counts = /** @type {Map<string, {discipline: string, ready: number, busy: number, out: number}>} */ (new Map());
  for (const [code, { discipline }] of agencies) counts.set(code, { discipline, ready: 0, busy: 0, out: 0 });
  for (const unit of board.units.values()) {
    const count = counts.get(unit.agency) ?? { discipline: unit.discipline, ready: 0, busy: 0, out: 0 };
    counts.set(unit.agency, count);
    if (unit.status === 'available') count.ready++;
    else if (RESTING.includes(unit.status)) count.out++;
    else count.busy++;
  }
  return [...counts];
}

function agenciesView() {
  return html`<section aria-label=${t('city.agencies')} class="agencies">
    <h2 class="heading">${t('city.agencies')} ${isAnyHidden() ? keyed('a', t('key.all_agencies'), showAllAgencies, { testid: 'all-agencies' }) : nothing}
      <span class="figures" aria-hidden="true"><span>${t('city.ready')}</span><span>${t('city.busy')}</span><span>${t('city.out')}</span></span></h2>
    <ul>${repeat(agencyCounts(), ([code]) => code, ([code, { discipline, ready, busy, out }]) => html`<li><label class="agency" data-testid="agency-filter" data-agency=${code}>
      <input type="checkbox" .checked=${isAgencyShown(code)} @change=${(/** @type {Event} */ event) => showAgency(code, /** @type {HTMLInputElement} */ (event.target).checked)}>
      ${shape(discipline, isAgencyShown(code) ? 'bright' : 'dim')}
      <b>${agencyShort(code)}</b> <span class="cut dim">${agencyName(code)}</span>
      <span class="figures"><span class=${ready ? '' : 'red'} aria-label="${ready} ${t('city.ready')}">${ready ? '' : '▲ '}${ready}</span><span aria-label="${busy} ${t('city.busy')}">${busy}</span><span class="dim" aria-label="${out} ${t('city.out')}">${out}</span></span>
    </label></li>`)}</ul>
  </section>`;
}

function alarmsView() {
  const alarms = sortedAlarms();
  const raised = alarms.filter((alarm) => alarm.status === 'raised').length;
  return html`<section aria-label=${t('alarms.title')} class="alarms">
    <h2 class="heading">${t('alarms.title')} <b class=${raised ? 'amber' : ''}>${raised}</b></h2>
    <ul>${repeat(alarms, (alarm) => alarm.id, (alarm) => alarmRow(alarm, choose))}</ul>
    ${alarms.length ? nothing : html`<p class="empty">${t('alarms.none')}</p>`}
  </section>`;
}

/** @param {Incident} incident */
function summary(incident) {
  const referrals = board.referralsOf(incident.id);
  return html`<section class="summary" aria-label=${t('incident.title')} data-testid="summary" data-incident=${incident.id}>
    <h2 class="heading">${t('incident.title')} <b>${shortNumber(incident.number)}</b> <span class="plain-case">${t('incident.opened_by')} ${incident.opened_by} ${clock(incident.opened_at)}</span>
      ${keyed('Escape', t('key.leave'), () => choose(null), { testid: 'leave-summary' })}</h2>
    <div class="summary-body">
      <div class="title">${priority(incident.priority, true)}<h3>${typeName(incident.type)}</h3><span class="state ${incident.status}">${t(`incident.${incident.status}`)} <b>${duration(since(incident.opened_at))}</b></span></div>
      <p><b>${incident.address || t('incident.no_address')}</b>${incident.zone ? html` · ${incident.zone}` : nothing} <span class="dim">· ${coordinates(incident.location)}</span></p>
      ${incident.narrative ? html`<p class="narrative">${incident.narrative}</p>` : nothing}
      <ul>
        ${repeat(board.assignmentsOf(incident.id), (row) => row.id, (row) => html`<li class="going-unit" data-testid="summary-unit" data-call-sign=${row.unit} data-status=${row.status} title=${pick(row.reason)}>
          ${shape(row.discipline, 'bright')}<span class="bright">${row.unit}</span><span class="dim cut">${pick(board.units.get(row.unit_id)?.unit_type_name)}</span><span>${t(`status.${row.status}`)}</span><span class="number">${duration(since(stepAt(row)))}</span></li>`)}
        ${repeat(referrals.filter((referral) => referral.status === 'routed' || referral.shortfall.length), (row) => `r${row.id}`, (row) => html`<li class="waiting-agency">
          ${shape(row.discipline, 'amber')}<span class="bright">${agencyShort(row.agency)}</span>
          <span class="amber cut">${row.status === 'routed' ? `◔ ${t('referral.routed')} ${duration(since(row.routed_at))}` : ''}${row.shortfall.length ? ` ▲ ${t('referral.short')} ${row.shortfall.map((need) => `${need.count} ${tCode('capability', need.capability)}`).join(', ')}` : ''}</span></li>`)}
      </ul>
      ${board.assignmentsOf(incident.id).length ? nothing : html`<p class="dim">${t('assignment.none')}</p>`}
    </div>
  </section>`;
}

/** @param {Incident} incident */
function row(incident) {
  const isChosen = ui.open === incident.id;
  const place = [incident.address, incident.zone].filter(Boolean).join(', ');
  return html`<li class="incident brief ${incident.status} ${isChosen ? 'open' : ''}" id="incident-${incident.id}" role="option" aria-selected=${isChosen} data-testid="incident-row" data-incident=${incident.id} data-number=${incident.number} data-status=${incident.status}
      @click=${() => choose(isChosen ? null : incident.id)}>
    ${priority(incident.priority)}<span class="dim">${shortNumber(incident.number)}</span>
    <span class="two cut"><span class="bright">${typeName(incident.type)}</span> <span class="dim">${place || '—'}</span></span>
    <span class="cut dim who">${who(incident)}</span>
    <span class="cut">${step(incident)}</span><span class="number">${duration(since(incident.opened_at))}</span><span class="number">${arrival(incident)}</span>
  </li>`;
}

function incidentsView() {
  const list = arranged();
  const pending = list.filter((incident) => incident.status === 'pending').length;
  return html`<section class="incidents" aria-label=${t('board.title')}>
    <h2 class="heading">${t('board.title')} <b>${list.length}</b> ${pending ? html`<b class="amber">${t('city.pending', { count: pending })}</b>` : nothing}</h2>
    <div class="rows" role="listbox" tabindex="0" aria-label=${t('board.title')} aria-activedescendant=${ui.open === null ? nothing : `incident-${ui.open}`} @pointermove=${() => listOrder.use()}>
      <ul role="none">${repeat(list, (incident) => incident.id, row)}</ul>
      ${list.length ? nothing : html`<p class="empty">${t('board.no_active')}</p>`}
    </div>
  </section>`;
}

export function sideView() {
  const chosen = openIncident();
  return html`<div class="column first">${agenciesView()}${alarmsView()}${chosen ? summary(chosen) : nothing}</div>
    <div class="column second">${incidentsView()}</div>`;
}
