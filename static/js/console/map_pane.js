// The console's map: the shared layers over the board, a line from each coming unit to the open incident.
// A click answers the form's location question, or opens the incident it hits.

import { get } from '../api.js';
import { config } from '../config.js';
import { duration, shortNumber } from '../format.js';
import { pick, t } from '../i18n.js';
import { createMap } from '../map/base.js';
import { incidentsLayer } from '../map/incidents.js';
import { decodePositions } from '../map/positions.js';
import { unitsLayer } from '../map/units.js';
import { zonesLayer } from '../map/zones.js';
import { board, openIncident, typeName, ui } from './context.js';
import { openIncidentPanel } from './draft_actions.js';
import { takeMapPoint } from './form.js';

const CLOSE_ZOOM = 14;
const LOST_SECONDS = 60;

/** @param {HTMLElement} element */
export function startMap(element) {
  const map = createMap(element, { center: config.center.location });
  const zones = zonesLayer(map);
  const incidents = incidentsLayer(map, {
    name: (incident) => `${shortNumber(incident.number)} ${typeName(incident.type)}`,
    pick: (incident) => openIncidentPanel(incident.id),
  });
  const units = unitsLayer(map, {
    name: (unit, age) => `${unit.call_sign} · ${pick(unit.unit_type_name)} · ${t(`status.${unit.status}`)}${age > LOST_SECONDS ? ` · ${t('map.seen')} ${duration(age)}` : ''}`,
    pick: (unit) => { if (unit.incident !== null) openIncidentPanel(unit.incident); },
  });
  const lines = L.layerGroup().addTo(map);
  const pin = L.circleMarker([0, 0], { radius: 9, className: 'draft-pin', interactive: false });
  let shownOpen = /** @type {number|null} */ (null);

  map.on('click', (event) => takeMapPoint({ lat: Number(event.latlng.lat.toFixed(6)), lon: Number(event.latlng.lng.toFixed(6)) }));
  element.addEventListener('siaga:focus', () => element.focus());

  /** @param {import('../types.js').Incident|undefined} incident */
  function drawLines(incident) {
    lines.clearLayers();
    if (!incident) return;
    for (const assignment of board.assignmentsOf(incident.id)) {
      const unit = board.units.get(assignment.unit_id);
      const at = unit && ['dispatched', 'acknowledged', 'en_route'].includes(assignment.status) ? units.place(unit) : undefined;
      if (at) L.polyline([[at.lat, at.lon], [incident.location.lat, incident.location.lon]], { className: 'way', weight: 1.5, pane: 'lines', interactive: false }).addTo(lines);
    }
  }

  return {
    draw() {
      const open = openIncident();
      const draft = ui.draft?.incident === null ? ui.draft : null;
      incidents.show(open?.status === 'closed' ? new Map([...board.incidents, [open.id, open]]) : board.incidents, open?.id ?? null);
      units.show(board.units, open?.id ?? null);
      drawLines(open);
      element.classList.toggle('asking', draft !== null);
      if (draft?.location) pin.setLatLng([draft.location.lat, draft.location.lon]).addTo(map);
      else pin.remove();
      if (open && open.id !== shownOpen && !map.getBounds().pad(-0.1).contains([open.location.lat, open.location.lon])) map.panTo([open.location.lat, open.location.lon]);
      shownOpen = open?.id ?? null;
    },
    /** @param {ArrayBuffer} data */
    positions: (data) => units.move(decodePositions(data)),
    async loadZones() {
      const bounds = await get('zones').then((answer) => zones.show(answer), () => null);
      if (bounds) map.fitBounds(bounds, { padding: [8, 8], animate: false, maxZoom: CLOSE_ZOOM });
    },
  };
}
