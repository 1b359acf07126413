// The ground of every map: a dim Leaflet map with its panes in order, without any tile server.
// No layer's content stands here.

/**
 * @param {HTMLElement} element
 * @param {{center: import('../types.js').Point, zoom?: number, zoomControl?: boolean}} options
 * @returns {L.Map}
 */
export function createMap(element, { center, zoom = 12, zoomControl = true }) {
  const map = L.map(element, {
    center: [center.lat, center.lon], zoom, zoomControl: false, attributionControl: false, zoomSnap: 0.25, zoomDelta: 0.5, minZoom: 8, maxZoom: 18,
    wheelPxPerZoomLevel: 120, keyboardPanDelta: 120,
  });
  if (zoomControl) L.control.zoom({ position: 'bottomright' }).addTo(map);
  const panes = /** @type {[string, number][]} */ ([['zones', 210], ['lines', 380], ['stations', 390], ['units', 610], ['incidents', 620]]);
  for (const [name, zIndex] of panes) map.createPane(name).style.zIndex = String(zIndex);
  const glide = () => element.classList.add('gliding');
  map.on('zoomstart viewreset', () => element.classList.remove('gliding'));
  map.on('zoomend', () => setTimeout(glide, 300));
  glide();
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return map;
}
