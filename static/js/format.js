// Times, durations and numbers as a dispatcher reads them: 24 hours, m:ss, short incident numbers.
// Pure functions; no language and no state.

const zoneNames = /** @type {Record<string, string>} */ ({ 'Asia/Jakarta': 'WIB', 'Asia/Pontianak': 'WIB', 'Asia/Makassar': 'WITA', 'Asia/Jayapura': 'WIT' });
let zone = 'Asia/Jakarta';
let clockFormat = makeFormat();

function makeFormat() {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

/** @param {string|undefined} timezone IANA name of the center's time zone */
export function setTimezone(timezone) {
  if (timezone) zone = timezone;
  clockFormat = makeFormat();
}

export const zoneName = () => zoneNames[zone] ?? zone;

/** @param {number|string} time ms since the epoch or ISO 8601; "03:42:17" in the center's zone */
export const clock = (time) => clockFormat.format(new Date(time));

/** @param {number|string} time "03:42" */
export const hourMinute = (time) => clock(time).slice(0, 5);

/**
 * "0:07", "14:20", "1:02:05"
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** A server's sentence with its ISO times as people read them. @param {string} text */
export const readable = (text) => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => clock(time));

/**
 * Address and zone in one line; a zone that stands in the address is not said twice.
 * @param {{address: string, zone: string|null}} incident
 */
export const place = ({ address, zone }) => [address, zone && !address.includes(zone) ? zone : ''].filter(Boolean).join(', ');

/** @param {string} number "241124-0007" → "0007" */
export const shortNumber = (number) => number.split('-').at(-1) ?? number;

/** @param {import('./types.js').Point} point "−7.2504, 112.7668" */
export const coordinates = (point) => `${point.lat.toFixed(4)}, ${point.lon.toFixed(4)}`.replaceAll('-', '−');

const COORDINATES = /^\s*([-−]?\d{1,2}(?:[.]\d+)?)\s*[,; ]\s*([-−]?\d{1,3}(?:[.]\d+)?)\s*$/;

/**
 * Coordinates typed by hand, or null. Latitude first; outside the earth is null.
 * @param {string} text
 * @returns {import('./types.js').Point|null}
 */
export function parseCoordinates(text) {
  const match = COORDINATES.exec(text);
  if (!match) return null;
  const [lat, lon] = [match[1], match[2]].map((part) => Number(part.replace('−', '-')));
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/**
 * The value below which a share of the numbers lies; null when there are none.
 * @param {number[]} values
 * @param {number} share 0 to 1
 */
export function percentile(values, share) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}
