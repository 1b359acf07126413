// Units on a map: the shape of their discipline, bright when busy, amber on the way, faded when their position is old.
// Rows say which units there are; the positions frames move them.

import { now } from '../clock.js';

/** @typedef {import('../types.js').Unit} Unit */

const OLD_SECONDS = 60;
const LOST_SECONDS = 300;
const ON_THE_WAY = new Set(['dispatched', 'en_route', 'transporting']);

/**
 * @param {L.LayerGroup|L.Map} group where the markers go
 * @param {{name: (unit: Unit, ageSeconds: number) => string, pick?: (unit: Unit) => void, isShown?: (unit: Unit) => boolean}} options
 */
export function unitsLayer(group, { name, pick, isShown = () => true }) {
  /** @type {Map<number, {marker: L.Marker, element: HTMLElement, drawn: string}>} */
  const markers = new Map();
  /** Newest fix by unit. @type {Map<number, {lat: number, lon: number, at: number}>} */
  const fixes = new Map();
  /** @type {Map<number, Unit>} */
  let current = new Map();

  /** @param {Unit} unit */
  function fix(unit) {
    const known = fixes.get(unit.id);
    const rowAt = unit.location_at ? Date.parse(unit.location_at) : 0;
    if (!unit.location || (known && known.at >= rowAt)) return known;
    const fresh = { ...unit.location, at: rowAt };
    fixes.set(unit.id, fresh);
    return fresh;
  }

  /** @param {Unit} unit @param {{lat: number, lon: number}} at */
  function add(unit, at) {
    const element = document.createElement('span');
    const icon = L.divIcon({ html: element, className: 'unit-marker', iconSize: [14, 14] });
    const marker = L.marker([at.lat, at.lon], { icon, pane: 'units', keyboard: false, bubblingMouseEvents: false });
    marker.bindTooltip(() => {
      const now_ = current.get(unit.id) ?? unit;
      return name(now_, age(now_));
    }, { direction: 'top', offset: [0, -6], className: 'map-tip' });
    marker.on('click', () => pick?.(current.get(unit.id) ?? unit));
    group.addLayer(marker);
    const entry = { marker, element, drawn: '' };
    markers.set(unit.id, entry);
    return entry;
  }

  /** @param {Unit} unit */
  const age = (unit) => (now() - (fix(unit)?.at ?? 0)) / 1000;

  return {
    /** The newest place of a unit. @param {Unit} unit */
    place: (unit) => fix(unit),

    /** Show exactly these units. @param {Map<number, Unit>} units @param {number|null} [openIncident] units on it stand out */
    show(units, openIncident = null) {
      current = units;
      for (const [id, { marker }] of markers) {
        const unit = units.get(id);
        if (unit && unit.is_active && unit.status !== 'off_duty' && isShown(unit)) continue;
        group.removeLayer(marker);
        markers.delete(id);
      }
      for (const unit of units.values()) {
        const at = fix(unit);
        if (!at || !unit.is_active || unit.status === 'off_duty' || !isShown(unit)) continue;
        const entry = markers.get(unit.id) ?? add(unit, at);
        const seconds = (now() - at.at) / 1000;
        const state = unit.status === 'available' ? 'ready' : unit.status === 'out_of_service' ? 'out' : ON_THE_WAY.has(unit.status) ? 'moving' : 'busy';
        const fade = at.at === 0 ? 'old' : seconds > LOST_SECONDS ? 'lost' : seconds > OLD_SECONDS ? 'old' : '';
        const wanted = `shape ${unit.discipline} ${state} ${fade}${openIncident !== null && unit.incident === openIncident ? ' ours' : ''}`;
        if (entry.drawn !== wanted) {
          entry.drawn = wanted;
          entry.element.className = wanted;
        }
        const shown = entry.marker.getLatLng();
        if (shown.lat !== at.lat || shown.lng !== at.lon) entry.marker.setLatLng([at.lat, at.lon]);
      }
    },

    /** Take a positions frame. @param {import('../types.js').UnitPosition[]} positions */
    move(positions) {
      for (const { unit, lat, lon, at } of positions) {
        const known = fixes.get(unit);
        if (known && known.at > at) continue;
        fixes.set(unit, { lat, lon, at });
        markers.get(unit)?.marker.setLatLng([lat, lon]);
      }
    },
  };
}
