// The whole city's map: zones, incidents and units, those at rest in clusters, lines to the chosen incident.
// The layers are those of map/; this decides what stands in them.

import { get } from '../api.js';
import { config } from '../config.js';
import { board, openIncident, typeName, ui } from '../console/context.js';
import { duration, shortNumber } from '../format.js';
import { pick, t } from '../i18n.js';
import { createMap } from '../map/base.js';
import { crowd } from '../map/crowd.js';
import { incidentsLayer } from '../map/incidents.js';
import { decodePositions } from '../map/positions.js';
import { unitsLayer } from '../map/units.js';
import { zonesLayer } from '../map/zones.js';
import { isAgencyShown, isIncidentShown } from './shown.js';

/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').Incident} Incident */

const LOST_SECONDS = 60;
const CLOSE_ZOOM = 14;
const COMING = ['dispatched', 'acknowledged', 'en_route'];
const RESTING = ['available', 'out_of_service'];

/** @param {Unit} unit @param {number} age seconds */
const unitName = (unit, age) => `${unit.call_sign} · ${pick(unit.unit_type_name)} · ${t(`status.${unit.status}`)}${age > LOST_SECONDS && unit.location_at ? ` · ${t('map.seen')} ${duration(age)}` : ''}`;

/** The highest priority among incidents in a cluster, as their rings say it. @param {L.Marker[]} markers */
function highest(markers) {
  const ring = (/** @type {L.Marker} */ marker) => /** @type {HTMLElement} */ (/** @type {L.DivIcon} */ (marker.options.icon).options.html).className;
  return [1, 2, 3, 4, 5].map((priority) => `p${priority}`).find((name) => markers.some((marker) => ring(marker).split(' ').includes(name))) ?? '';
}

/** @param {HTMLElement} element @param {(incident: number) => void} open */
export function startCity(element, open) {
  const map = createMap(element, { center: config.center.location });
  const zones = zonesLayer(map);
  const lines = L.layerGroup().addTo(map);
  const incidentWords = {
    name: (/** @type {Incident} */ incident) => `${shortNumber(incident.number)} ${typeName(incident.type)}`,
    pick: (/** @type {Incident} */ incident) => open(incident.id),
  };
  const incidents = incidentsLayer(/** @type {any} */ (crowd(map, { pane: 'incidents', className: 'cluster incidents', tone: highest })), incidentWords);
  // The chosen one never hides in a cluster.
  const chosenOne = incidentsLayer(map, incidentWords);
  const toIncident = (/** @type {Unit} */ unit) => { if (unit.incident !== null) open(unit.incident); };
  const resting = unitsLayer(/** @type {any} */ (crowd(map, { pane: 'units', className: 'cluster units' })), {
    name: unitName, isShown: (unit) => RESTING.includes(unit.status) && isAgencyShown(unit.agency),
  });
  const going = unitsLayer(map, {
    name: unitName, pick: toIncident, isShown: (unit) => !RESTING.includes(unit.status) && isAgencyShown(unit.agency),
  });
  let whole = /** @type {L.LatLngBounds|null} */ (null);
  let shownOpen = /** @type {number|null} */ (null);

  /** @param {import('../types.js').Incident|undefined} incident */
  function drawLines(incident) {
    lines.clearLayers();
    if (!incident) return;
    for (const assignment of board.assignmentsOf(incident.id)) {
      const unit = board.units.get(assignment.unit_id);
      const at = unit && COMING.includes(assignment.status) ? going.place(unit) : undefined;
      if (at) L.polyline([[at.lat, at.lon], [incident.location.lat, incident.location.lon]], { className: 'way', weight: 1.5, pane: 'lines', interactive: false }).addTo(lines);
    }
  }

  return {
    draw() {
      const chosen = openIncident();
      incidents.show(new Map([...board.incidents].filter(([id, incident]) => id !== chosen?.id && isIncidentShown(incident))), null);
      chosenOne.show(new Map(chosen ? [[chosen.id, chosen]] : []), chosen?.id ?? null);
      resting.show(board.units, chosen?.id ?? null);
      going.show(board.units, chosen?.id ?? null);
      drawLines(chosen);
      if (chosen && chosen.id !== shownOpen && !map.getBounds().pad(-0.1).contains([chosen.location.lat, chosen.location.lon])) map.panTo([chosen.location.lat, chosen.location.lon]);
      shownOpen = chosen?.id ?? null;
    },
    /** @param {ArrayBuffer} data */
    positions(data) {
      const moved = decodePositions(data);
      resting.move(moved);
      going.move(moved);
      if (ui.open !== null) drawLines(openIncident());
    },
    async loadZones() {
      const bounds = await get('zones').then((answer) => zones.show(answer), () => null);
      const isFirst = whole === null;
      whole = bounds ?? whole;
      if (isFirst) this.showWhole();
    },
    /** The whole city in view. */
    showWhole() {
      if (whole) map.fitBounds(whole, { padding: [12, 12], animate: false });
    },
    /** Close to the chosen incident. */
    showChosen() {
      const chosen = openIncident();
      if (chosen) map.setView([chosen.location.lat, chosen.location.lon], Math.max(map.getZoom(), CLOSE_ZOOM));
    },
    focus: () => element.focus(),
  };
}
