// What a dispatcher does with the open incident: assign, step, cancel, accept, decline, note, priority, link, close.
// Each is one write to the API; refusals are shown where the action was made.

import { ApiError } from '../api.js';
import { shortNumber } from '../format.js';
import { pick, t } from '../i18n.js';
import { agencies, agencyName, board, changed, openIncident, outbox, say, typeName, ui } from './context.js';
import { loadRecommendations, rankedRecommendations } from './details.js';
import { focusWish } from './draft_actions.js';
import { forgetNote, noteDraft, sendNote } from './notes.js';
import { CLOSING, nextSteps } from './steps.js';

/** @typedef {import('../types.js').Assignment} Assignment */
/** @typedef {import('../types.js').Referral} Referral */

const LINK_NEAR_METRES = 3000;

/**
 * @param {{path: string, body?: unknown, tag: string, label: string, method?: string, key?: string}} write
 * @param {(row: any) => void} [then]
 */
function act(write, then) {
  ui.chooser = null;
  changed();
  return outbox.send(write).then(
    (row) => {
      then?.(row);
      say(write.label);
    },
    (error) => {
      if (!(error instanceof ApiError)) throw error;
    },
  );
}

/** @param {string} callSign @param {import('../types.js').Incident|undefined} incident */
export function assign(callSign, incident = openIncident()) {
  if (!incident || outbox.about(`assign:${callSign}`)?.state === 'sending') return;
  const earlier = outbox.about(`assign:${callSign}`);
  if (earlier) outbox.drop(earlier.key);
  const label = t('said.assigned', { unit: callSign, number: shortNumber(incident.number) });
  return act({ path: `incidents/${incident.id}/assignments`, body: { unit: callSign }, tag: `assign:${callSign}`, label }, (row) => board.apply({ assignments: [row] }));
}

/** @param {number} rank 1 for the first */
export function assignRanked(rank) {
  const recommendation = rankedRecommendations()[rank - 1];
  if (recommendation?.isFree) assign(recommendation.call_sign);
}

/** The assignment that the step key moves: the chosen one, else the first that is open. */
export function currentAssignment() {
  const incident = openIncident();
  const list = incident ? board.assignmentsOf(incident.id) : [];
  return list.find((assignment) => assignment.id === ui.assignment) ?? list[0];
}

/** @param {number} step 1 or -1 */
export function nextAssignment(step) {
  const incident = openIncident();
  const list = incident ? board.assignmentsOf(incident.id) : [];
  if (!list.length) return;
  const index = list.findIndex((assignment) => assignment.id === currentAssignment()?.id);
  ui.assignment = list[(index + step + list.length) % list.length].id;
  changed();
}

/** Move an assignment on. @param {Assignment|undefined} assignment @param {string} [status] without it the usual next step */
export function advance(assignment = currentAssignment(), status) {
  if (!assignment) return;
  const next = status ?? nextSteps(assignment)[0];
  if (!next || outbox.about(`assignment:${assignment.id}`)?.state === 'sending') return;
  ui.assignment = assignment.id;
  const label = t('said.step', { unit: assignment.unit, step: t(`step.${next}`) });
  return act({ path: `assignments/${assignment.id}/status`, body: { status: next }, tag: `assignment:${assignment.id}`, label }, (row) => board.apply({ assignments: [row] }));
}

/** Ask before a unit is called back. @param {Assignment|undefined} assignment */
export function askCancel(assignment = currentAssignment()) {
  if (!assignment) return;
  ui.chooser = {
    where: 'incident',
    title: t('chooser.cancel', { unit: assignment.unit }),
    options: ['not_needed', 'closer_unit', 'mistake'].map((value) => ({ value, label: t(`cancel.${value}`) })),
    text: t('chooser.reason'),
    run: (value, text) => act({ path: `assignments/${assignment.id}/cancel`, body: { reason: text || t(`cancel.${value}`) }, tag: `assignment:${assignment.id}`, label: t('said.canceled', { unit: assignment.unit }) }, (row) => board.apply({ assignments: [row] })),
  };
  changed();
}

export const firstRouted = () => {
  const incident = openIncident();
  return incident && board.referralsOf(incident.id).find((referral) => referral.status === 'routed');
};

/** @param {Referral|undefined} referral */
export function accept(referral = firstRouted()) {
  if (!referral) return;
  act({ path: `referrals/${referral.id}/accept`, tag: `referral:${referral.id}`, label: t('said.accepted', { agency: agencyName(referral.agency) }) }, (row) => board.apply({ referrals: [row] }));
}

/** @param {Referral|undefined} referral */
export function askDecline(referral = firstRouted()) {
  if (!referral) return;
  ui.chooser = {
    where: 'incident',
    title: t('chooser.decline', { agency: agencyName(referral.agency) }),
    options: ['no_unit', 'not_ours', 'already_handled'].map((value) => ({ value, label: t(`decline.${value}`) })),
    text: t('chooser.reason'),
    run: (value, text) => act({ path: `referrals/${referral.id}/decline`, body: { reason: text || t(`decline.${value}`) }, tag: `referral:${referral.id}`, label: t('said.declined', { agency: agencyName(referral.agency) }) }, (row) => board.apply({ referrals: [row] })),
  };
  changed();
}

/** Refer to one more agency. */
export function askReferral() {
  const incident = openIncident();
  if (!incident) return;
  const has = new Set(board.referralsOf(incident.id).map((referral) => referral.agency));
  ui.chooser = {
    where: 'incident',
    title: t('chooser.referral'),
    options: [...agencies.values()].filter((agency) => !has.has(agency.code)).map((agency) => ({ value: agency.code, label: pick(agency.name) })),
    run: (value) => act({ path: `incidents/${incident.id}/referrals`, body: { agency: value }, tag: `incident:${incident.id}`, label: t('said.referred', { agency: agencyName(value) }) }, (row) => board.apply({ referrals: [row] })),
  };
  changed();
}

/** @param {string} text */
export function note(text) {
  const incident = openIncident();
  if (!incident || !text.trim()) return Promise.resolve();
  ui.isNoting = false;
  focusWish.field = 'panel';
  const key = sendNote(incident.id, text.trim());
  return act({ path: `incidents/${incident.id}/notes`, body: { text: text.trim() }, key, tag: `note:${incident.id}`, label: t('said.noted', { number: shortNumber(incident.number) }) }, () => {
    if (noteDraft(incident.id)?.key === key) forgetNote(incident.id);
  });
}

export function startNote() {
  ui.isNoting = true;
  focusWish.field = 'note';
  changed();
}

/** @param {number} priority 1 to 5 */
export function setPriority(priority) {
  const incident = openIncident();
  if (!incident || incident.priority === priority || incident.status === 'closed') return;
  act({ method: 'PATCH', path: `incidents/${incident.id}`, body: { priority }, tag: `incident:${incident.id}`, label: t('said.priority', { number: shortNumber(incident.number), priority }) }, (row) => board.apply({ incidents: [row] }));
}

/** Say that this is the same as another: the nearest are offered, any number can be typed. */
export function askLink() {
  const incident = openIncident();
  if (!incident) return;
  const near = [...board.incidents.values()]
    .filter((other) => other.id !== incident.id && !other.parent)
    .map((other) => ({ other, metres: distance(incident.location, other.location) }))
    .filter(({ metres }) => metres < LINK_NEAR_METRES)
    .sort((a, b) => Number(a.other.category !== incident.category) - Number(b.other.category !== incident.category) || a.metres - b.metres)
    .slice(0, 6);
  ui.chooser = {
    where: 'incident',
    title: t('chooser.link', { number: shortNumber(incident.number) }),
    options: near.map(({ other, metres }) => ({ value: String(other.id), label: `${shortNumber(other.number)} ${typeName(other.type)} · ${Math.round(metres / 10) * 10} m` })),
    text: t('chooser.number'),
    run: (value, text) => {
      const parent = value ? Number(value) : [...board.incidents.values()].find((other) => other.number === text || Number(shortNumber(other.number)) === Number(text))?.id;
      if (!parent) return say(t('said.no_such_incident', { number: text }));
      act({ path: `incidents/${incident.id}/duplicate`, body: { parent }, tag: `incident:${incident.id}`, label: t('said.linked', { number: shortNumber(board.incident(parent)?.number ?? '') }) }, (row) => board.apply({ incidents: [row] }));
    },
  };
  changed();
}

/** Close the incident; with units still out the question says so. */
export function askClose() {
  const incident = openIncident();
  if (!incident || incident.status === 'closed') return;
  const out = board.assignmentsOf(incident.id).map((assignment) => assignment.unit);
  ui.chooser = {
    where: 'incident',
    title: out.length ? t('chooser.close_units', { number: shortNumber(incident.number), units: out.join(', ') }) : t('chooser.close', { number: shortNumber(incident.number) }),
    options: CLOSING.map((value) => ({ value, label: t(`disposition.${value}`) })),
    run: (value) => act({ path: `incidents/${incident.id}/close`, body: { disposition: value }, tag: `incident:${incident.id}`, label: t('said.closed', { number: shortNumber(incident.number) }) }, (row) => board.apply({ incidents: [row] })),
  };
  changed();
}

export function refresh() {
  const incident = openIncident();
  if (incident) loadRecommendations(incident.id);
}

/**
 * Metres between two points of one city.
 * @param {import('../types.js').Point} a
 * @param {import('../types.js').Point} b
 */
function distance(a, b) {
  const metres = 111320;
  return Math.hypot((a.lat - b.lat) * metres, (a.lon - b.lon) * metres * Math.cos((a.lat * Math.PI) / 180));
}
