// Markers that stand too close become one with a count: always where they share a place, sooner where many are in view.
// It groups what it is given; what a marker looks like is its layer's business.

const PANE_RADIUS_PX = { few: 8, many: 30 };

/**
 * A group for the layers of this folder.
 * @param {L.Map} map
 * @param {{pane: string, className: string, many?: number, tone?: (markers: L.Marker[]) => string}} options many: markers in view from which they cluster; tone: a class for what is in a cluster
 */
export function crowd(map, { pane, className, many = 50, tone = () => '' }) {
  const make = (/** @type {number} */ radius) => L.markerClusterGroup({
    maxClusterRadius: radius, clusterPane: pane, animate: false, showCoverageOnHover: false, spiderfyDistanceMultiplier: 1.2,
    iconCreateFunction(cluster) {
      const element = document.createElement('span');
      element.className = `${className} ${tone(cluster.getAllChildMarkers())}`;
      element.textContent = `×${cluster.getChildCount()}`;
      return L.divIcon({ html: element, className: 'cluster-marker', iconSize: [24, 24] });
    },
  });
  const groups = { few: make(PANE_RADIUS_PX.few), many: make(PANE_RADIUS_PX.many) };
  /** @type {Set<L.Marker>} */
  const markers = new Set();
  let mode = /** @type {'few'|'many'} */ ('few');
  let isDue = false;
  map.addLayer(groups.few);

  function weigh() {
    isDue = false;
    const bounds = map.getBounds();
    let inView = 0;
    for (const marker of markers) if (bounds.contains(marker.getLatLng())) inView++;
    const wanted = inView > many ? 'many' : 'few';
    if (wanted === mode) return;
    groups[mode].clearLayers();
    map.removeLayer(groups[mode]);
    mode = wanted;
    map.addLayer(groups[mode]);
    groups[mode].addLayers([...markers]);
  }

  function weighSoon() {
    if (isDue) return;
    isDue = true;
    setTimeout(weigh, 60);
  }
  map.on('moveend', weighSoon);

  return {
    /** @param {L.Marker} marker */
    addLayer(marker) {
      markers.add(marker);
      groups[mode].addLayer(marker);
      weighSoon();
    },
    /** @param {L.Marker} marker */
    removeLayer(marker) {
      markers.delete(marker);
      groups[mode].removeLayer(marker);
      weighSoon();
    },
  };
}
