// The middle column's lower half: units, one line each, by agency.
// It shows; sending a unit is incident_actions.js, its place on the map is map/units.js.

import { since } from '../clock.js';
import { duration, shortNumber } from '../format.js';
import { pick, t } from '../i18n.js';
import { html, nothing, repeat } from '../lit.js';
import { agencies, agencyName, agencyShort, board, changed, openIncident, outbox, say, typeName, ui } from './context.js';
import { openIncidentPanel } from './draft_actions.js';
import { assign } from './incident_actions.js';
import { SteadyOrder } from './order.js';
import { keyed, shape, shortMark } from './parts.js';
import { stepAt } from './steps.js';

/** @typedef {import('../types.js').Unit} Unit */

const ON_THE_WAY = new Set(['dispatched', 'en_route', 'transporting']);
const RANK = /** @type {Record<string, number>} */ ({ dispatched: 0, en_route: 1, transporting: 2, at_hospital: 3, on_scene: 4, available: 5, out_of_service: 6, off_duty: 7 });

export const unitOrder = new SteadyOrder();

/** Agencies that have units, in the order of the register. */
function agenciesWithUnits() {
  const counts = /** @type {Map<string, {all: number, ready: number, discipline: string}>} */ (new Map());
  for (const unit of board.units.values()) {
    if (!unit.is_active) continue;
    const count = counts.get(unit.agency) ?? { all: 0, ready: 0, discipline: unit.discipline };
    if (unit.status !== 'off_duty') count.all++;
    if (unit.status === 'available') count.ready++;
    counts.set(unit.agency, count);
  }
  const order = [...agencies.keys()];
  return [...counts].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
}

/** Show the next agency's units, then all again. */
export function nextAgency() {
  const codes = [null, ...agenciesWithUnits().map(([code]) => code)];
  chooseAgency(codes[(codes.indexOf(ui.agency) + 1) % codes.length]);
}

/** @param {string|null} code */
function chooseAgency(code) {
  ui.agency = code;
  changed();
}

/** @param {Unit} unit */
function where(unit) {
  const incident = board.incident(unit.incident);
  if (incident) return html`<a href="#" class="cut" @click=${(/** @type {Event} */ event) => { event.preventDefault(); openIncidentPanel(incident.id); }}>${typeName(incident.type)} ${shortNumber(incident.number)}</a>`;
  return html`<span class="cut dim">${unit.station ?? '—'}</span>`;
}

/** @param {Unit} unit @param {string} verb @param {unknown} [body] */
function setService(unit, verb, body = {}) {
  const label = t(`said.${verb.replaceAll('-', '_')}`, { unit: unit.call_sign });
  outbox.send({ path: `units/${encodeURIComponent(unit.call_sign)}/${verb}`, body, tag: `unit:${unit.call_sign}`, label }).then((row) => {
    board.apply({ units: [row] });
    say(label);
  }, () => changed());
}

/** @param {Unit} unit */
function row(unit) {
  const assignment = unit.assignment === null ? undefined : board.assignments.get(unit.assignment);
  const isOut = unit.status === 'out_of_service' || unit.status === 'off_duty';
  const state = ON_THE_WAY.has(unit.status) ? 'bright' : unit.status === 'available' || isOut ? 'dim' : 'text';
  const write = outbox.about(`assign:${unit.call_sign}`) ?? outbox.about(`unit:${unit.call_sign}`);
  const open = openIncident();
  return html`<li class="unit ${unit.status}" data-testid="unit-row" data-call-sign=${unit.call_sign} data-status=${unit.status}>
    ${shape(unit.discipline, isOut ? 'dim' : unit.status === 'available' ? 'text' : 'bright')}
    <span class="bright">${unit.call_sign}</span>
    <span class="dim cut">${pick(unit.unit_type_name)}</span>
    ${where(unit)}
    ${write ? shortMark(write) : html`<span class="actions">
      ${open && open.status !== 'closed' && unit.status === 'available' ? keyed('', `${t('key.send')} ${shortNumber(open.number)}`, () => assign(unit.call_sign), { testid: 'send-button' }) : nothing}
      ${unit.status === 'available' ? keyed('', t('key.out_of_service'), () => setService(unit, 'out-of-service', { reason: t('unit.by_dispatcher') }), { testid: 'out-of-service-button' }) : nothing}
      ${isOut ? keyed('', t('key.in_service'), () => setService(unit, 'in-service'), { testid: 'in-service-button' }) : nothing}
    </span>`}
    <span class=${state}>${t(`status.${unit.status}`)}</span>
    <span class="number ${state}">${assignment ? duration(since(stepAt(assignment))) : ''}</span>
  </li>`;
}

export function unitsView() {
  const units = [...board.units.values()].filter((unit) => unit.is_active && (ui.agency === null || unit.agency === ui.agency));
  units.sort((a, b) => RANK[a.status] - RANK[b.status] || a.agency.localeCompare(b.agency) || a.call_sign.localeCompare(b.call_sign, 'id', { numeric: true }));
  const order = unitOrder.arrange(units.map(({ id }) => ({ id, section: '' })), (id) => { const unit = board.units.get(id); return unit !== undefined && (ui.agency === null || unit.agency === ui.agency); });
  const busy = units.filter((unit) => unit.assignment !== null).length;
  const chips = agenciesWithUnits();
  return html`
    <h2 class="heading">${t('units.title')} <b>${t('units.busy', { busy, ready: units.filter((unit) => unit.status === 'available').length })}</b>
      <span class="chips" role="group" aria-label=${t('units.filter')}>
        <button type="button" class="plain" aria-pressed=${ui.agency === null} @click=${() => chooseAgency(null)}><kbd>U</kbd>${t('units.all')}</button>
        ${chips.map(([code, count]) => html`<button type="button" class="plain" aria-pressed=${ui.agency === code} data-testid="agency-${code}" title="${agencyName(code)}: ${t('units.busy', { busy: count.all - count.ready, ready: count.ready })}" @click=${() => chooseAgency(code)}>${shape(count.discipline, 'text')}<span class=${ui.agency === code ? '' : 'visually-hidden'}>${agencyShort(code)}</span> <span class="dim">${count.ready}/${count.all}</span></button>`)}
      </span></h2>
    <ul class="rows" tabindex="0" aria-label=${t('units.title')} data-testid="units" @pointermove=${() => unitOrder.use()}>
      ${repeat(order, ({ id }) => id, ({ id }) => { const unit = board.units.get(id); return unit ? row(unit) : nothing; })}
    </ul>`;
}
