// What every page of the room loads before it can show anything: the board, and the words for its codes.
// It fills the shared stores; drawing and the socket are the page's business.

import { get } from '../api.js';
import { setServerTime } from '../clock.js';
import { agencies, board, changed, types } from './context.js';

/**
 * @param {string} [view] "wall" for what may hang where everybody sees it
 * @returns {Promise<number>} the seq the board is true at
 */
export async function loadBoard(view = '') {
  const snapshot = await get(view ? `board?view=${view}` : 'board');
  setServerTime(snapshot.server_time);
  board.load(snapshot);
  if (!view) get('incidents?status=closed&since=24h').then((answer) => board.loadClosed(Array.isArray(answer) ? answer : (answer.items ?? answer.results ?? [])), () => undefined);
  return snapshot.seq;
}

export async function loadWords() {
  const [kinds, list] = await Promise.all([get('incident-types'), get('agencies')]);
  for (const type of kinds.items ?? kinds) types.set(type.code, type);
  for (const agency of list.items ?? list) agencies.set(agency.code, agency);
  changed();
}

const WORDS_CHANGED = new Set(['incident_type_changed', 'agency_changed', 'unit_type_changed']);

/**
 * What an administrator changed is live: the words and zones that are no rows of the board are read again.
 * @param {import('../types.js').Frame} frame
 * @param {() => unknown} loadZones
 */
export function followSettings(frame, loadZones) {
  if (frame.entries.some((entry) => WORDS_CHANGED.has(entry.kind))) loadWords().catch(() => undefined);
  if (frame.entries.some((entry) => entry.kind === 'zones_changed')) loadZones();
}

/** Until it succeeds, a little later each time. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export async function insist(work) {
  for (let wait = 500; ; wait = Math.min(5000, wait * 2)) {
    try {
      return await work();
    } catch {
      await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random())));
    }
  }
}
