// What the board does not carry of the open incident: its timeline, notes, calls and recommendations.
// Loaded when it is opened, kept whole by the frames' timeline entries.

import { ApiError, get } from '../api.js';
import { board, changed, ui } from './context.js';

/** @param {number} id */
export async function loadDetails(id) {
  if (ui.details?.id !== id) {
    ui.details = { id, loading: true, error: '', timeline: [], notes: [], calls: [], recommendations: [], recommendationsError: '' };
    changed();
  }
  const details = ui.details;
  loadRecommendations(id);
  try {
    const answer = await get(`incidents/${id}`);
    details.timeline = mergeEntries(answer.timeline ?? [], details.timeline);
    details.notes = Array.isArray(answer.notes) ? answer.notes : (answer.notes_list ?? []);
    details.calls = Array.isArray(answer.calls) ? answer.calls : [];
    details.error = '';
    // One that is not on the board, e.g. closed days ago, is shown all the same.
    if (!board.incident(id)) board.loadClosed([{ ...answer, notes: details.notes.length, calls: details.calls.length }]);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    details.error = error.message;
  }
  details.loading = false;
  changed();
}

/** @param {number} id */
export async function loadRecommendations(id) {
  try {
    const answer = await get(`incidents/${id}/recommendations`);
    if (ui.details?.id !== id) return;
    ui.details.recommendations = Array.isArray(answer) ? answer : answer.items;
    ui.details.recommendationsError = '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (ui.details?.id === id) ui.details.recommendationsError = error.message;
  }
  changed();
}

/** Take a frame's entries for the open incident. @param {import('../types.js').Frame} frame */
export function detailsFrame(frame) {
  const details = ui.details;
  if (!details) return;
  const entries = (frame.entries ?? []).filter((entry) => entry.incident === details.id);
  if (!entries.length) return;
  details.timeline = mergeEntries(details.timeline, entries);
  if (entries.some((entry) => /note|call/.test(entry.kind))) loadDetails(details.id);
  else if (entries.some((entry) => /routed|priority|type|location|declined/.test(entry.kind))) loadRecommendations(details.id);
  changed();
}

/**
 * @param {import('../types.js').TimelineEntry[]} known
 * @param {import('../types.js').TimelineEntry[]} more
 */
function mergeEntries(known, more) {
  const bySeq = new Map([...known, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Recommendations as they stand now: a unit that has gone keeps its number, so that a digit never hits another. */
export function rankedRecommendations() {
  const details = ui.details;
  if (!details || details.id !== (ui.open ?? ui.draft?.incident)) return [];
  return details.recommendations.slice(0, 9).map((recommendation) => {
    const unit = board.units.get(recommendation.unit_id);
    return { ...recommendation, isFree: unit ? unit.status === 'available' : recommendation.status === 'available' };
  });
}
