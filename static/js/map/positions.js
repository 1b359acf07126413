// Decodes the live socket's binary positions frame (docs/api.md: magic "SGP1", little-endian, 16 bytes a unit).
// Pure; it draws nothing and keeps nothing.

const MAGIC = 0x31504753; // "SGP1" read as a little-endian u32
const HEADER_BYTES = 16;
const UNIT_BYTES = 16;
const UNKNOWN = 255;

/**
 * @param {ArrayBuffer} data
 * @returns {import('../types.js').UnitPosition[]} empty for anything that is not a whole positions frame
 */
export function decodePositions(data) {
  const view = new DataView(data);
  if (data.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) return [];
  const count = view.getUint32(4, true);
  const time = view.getFloat64(8, true) * 1000;
  if (data.byteLength < HEADER_BYTES + count * UNIT_BYTES) return [];
  const positions = [];
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * UNIT_BYTES;
    const heading = view.getUint8(at + 12);
    const speed = view.getUint8(at + 13);
    positions.push({
      unit: view.getUint32(at, true),
      lat: view.getInt32(at + 4, true) / 1e7,
      lon: view.getInt32(at + 8, true) / 1e7,
      heading: heading === UNKNOWN ? null : heading * 2,
      speed: speed === UNKNOWN ? null : speed,
      at: time - view.getUint16(at + 14, true) * 1000,
    });
  }
  return positions;
}
