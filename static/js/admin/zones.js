// Ground for the administrator's map fields: the center's zones, since there is no tile server.
// It draws and frames; editing is the map field's own business.

const GROUND = { color: '#5d7186', weight: 1, fillColor: '#7f95ab', fillOpacity: 0.12, interactive: false };

window.addEventListener('map:init', (event) => {
  const map = /** @type {CustomEvent} */ (event).detail.map;
  fetch('/admin/zones.geojson', { credentials: 'same-origin' })
    .then((answer) => answer.json())
    .then((zones) => {
      map.createPane('ground').style.zIndex = '250';
      const ground = L.geoJSON(zones, {
        pane: 'ground', interactive: false, style: () => GROUND,
        onEachFeature: (feature, face) => face.bindTooltip(feature.properties.name, { permanent: true, direction: 'center', className: 'ground-name' }),
      }).addTo(map);
      const names = () => map.getContainer().classList.toggle('ground-names', map.getZoom() >= 12);
      map.on('zoomend', names);
      names();
      const bounds = ground.getBounds();
      const field = map.getContainer().parentElement?.parentElement?.querySelector('textarea');
      if (bounds.isValid() && !field?.value) map.fitBounds(bounds, { animate: false });
    });
});
