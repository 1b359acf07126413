// Incidents on a map: a ring with the priority in it; the open one is larger and blue.
// It is given rows and tells which one was picked; it opens nothing itself.

/** @typedef {import('../types.js').Incident} Incident */

/**
 * @param {L.LayerGroup|L.Map} group where the markers go, e.g. the map or a cluster group
 * @param {{name: (incident: Incident) => string, pick: (incident: Incident) => void}} options
 */
export function incidentsLayer(group, { name, pick }) {
  /** @type {Map<number, {marker: L.Marker, element: HTMLElement, drawn: string}>} */
  const markers = new Map();

  /** @param {Incident} incident */
  function add(incident) {
    const element = document.createElement('span');
    const icon = L.divIcon({ html: element, className: 'incident-marker', iconSize: [24, 24] });
    const marker = L.marker([incident.location.lat, incident.location.lon], { icon, pane: 'incidents', keyboard: false, bubblingMouseEvents: false });
    marker.bindTooltip(() => name(current.get(incident.id) ?? incident), { direction: 'top', offset: [0, -10], className: 'map-tip' });
    marker.on('click', () => pick(current.get(incident.id) ?? incident));
    group.addLayer(marker);
    const entry = { marker, element, drawn: '' };
    markers.set(incident.id, entry);
    return entry;
  }

  /** @type {Map<number, Incident>} */
  let current = new Map();

  return {
    /** Show exactly these. @param {Map<number, Incident>} incidents @param {number|null} openId */
    show(incidents, openId) {
      current = incidents;
      for (const [id, { marker }] of markers) {
        if (incidents.has(id)) continue;
        group.removeLayer(marker);
        markers.delete(id);
      }
      for (const incident of incidents.values()) {
        const entry = markers.get(incident.id) ?? add(incident);
        const isOpen = incident.id === openId;
        const wanted = `${incident.priority} ${incident.status} ${isOpen} ${incident.location.lat} ${incident.location.lon}`;
        if (entry.drawn === wanted) continue;
        entry.drawn = wanted;
        entry.element.className = `ring p${incident.priority} ${incident.status}${isOpen ? ' open' : ''}`;
        entry.element.textContent = String(incident.priority);
        entry.marker.setLatLng([incident.location.lat, incident.location.lon]);
        entry.marker.setZIndexOffset(isOpen ? 2000 : (6 - incident.priority) * 100);
      }
    },
  };
}
