// The zones of a center as faces barely lighter than the ground, with their names once there is room.
// It draws GeoJSON it is given; colours are in css/map.css.

const NAMES_FROM_ZOOM = 12.5;

/**
 * @param {L.Map} map
 * @returns {{show: (zones: GeoJSON.GeoJsonObject) => L.LatLngBounds|null, layer: L.GeoJSON}}
 */
export function zonesLayer(map) {
  const layer = L.geoJSON(undefined, {
    pane: 'zones', interactive: false,
    style: () => ({ className: 'zone', weight: 1, fillOpacity: 1 }),
    onEachFeature(feature, face) {
      const name = feature.properties?.name ?? feature.properties?.nama;
      if (name) face.bindTooltip(String(name), { permanent: true, direction: 'center', className: 'zone-name', pane: 'zones' });
    },
  }).addTo(map);
  const names = () => map.getContainer().classList.toggle('zone-names', map.getZoom() >= NAMES_FROM_ZOOM);
  map.on('zoomend', names);
  return {
    layer,
    show(zones) {
      layer.clearLayers();
      layer.addData(zones);
      names();
      const bounds = layer.getBounds();
      return bounds.isValid() ? bounds : null;
    },
  };
}
