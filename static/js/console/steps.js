// The steps of an assignment as the buttons offer them, and what an incident can be closed as.
// The server's status graph decides; this only says what to offer first.

/** @type {Record<string, string[]>} */
const NEXT = {
  dispatched: ['acknowledged', 'en_route'],
  acknowledged: ['en_route'],
  en_route: ['on_scene'],
  on_scene: ['cleared', 'transporting'],
  transporting: ['at_hospital'],
  at_hospital: ['cleared'],
};

export const CLOSING = ['handled', 'false_report', 'not_found', 'no_action_needed', 'handed_over', 'duplicate'];

/**
 * What may come next, the usual one first: a medical unit takes its patient along.
 * @param {import('../types.js').Assignment} assignment
 * @returns {string[]}
 */
export function nextSteps(assignment) {
  const steps = NEXT[assignment.status] ?? [];
  if (assignment.status !== 'on_scene') return steps;
  return assignment.discipline === 'medical' ? ['transporting', 'cleared'] : ['cleared'];
}

/**
 * When the present step began.
 * @param {import('../types.js').Assignment} assignment
 * @returns {string}
 */
export function stepAt(assignment) {
  const at = /** @type {Record<string, string|null>} */ (/** @type {unknown} */ (assignment))[`${assignment.status}_at`];
  return at ?? assignment.dispatched_at;
}

const ORDER = ['dispatched', 'acknowledged', 'en_route', 'on_scene', 'transporting', 'at_hospital'];

/** The assignment that has come furthest. @param {import('../types.js').Assignment[]} assignments */
export const furthest = (assignments) =>
  assignments.reduce((/** @type {import('../types.js').Assignment|undefined} */ best, assignment) => (!best || ORDER.indexOf(assignment.status) > ORDER.indexOf(best.status) ? assignment : best), undefined);
