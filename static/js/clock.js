// Server time in the browser: the PC's clock may be wrong, elapsed times must not be.
// Runs on the monotonic clock and is set right by every beat; formats nothing.

let base = Date.now() - performance.now();
let known = false;

/** Milliseconds since the epoch on the server's clock. */
export const now = () => base + performance.now();

/**
 * Take the server's time from a beat, a hello or a board.
 * A small difference is network delay and is taken in slowly; a large one at once.
 * @param {string} serverTime ISO 8601
 */
export function setServerTime(serverTime) {
  const difference = Date.parse(serverTime) - now();
  if (Number.isNaN(difference)) return;
  base += !known || Math.abs(difference) > 1500 ? difference : difference * 0.2;
  known = true;
}

/**
 * Seconds since an ISO time, never negative.
 * @param {string|null|undefined} iso
 */
export const since = (iso) => (iso ? Math.max(0, (now() - Date.parse(iso)) / 1000) : 0);
