// What an operator does with a call or an alarm: answer, hold, end, outcome, attach, acknowledge.
// Each is one write to the API; the board changes when the server says so.

import { ApiError } from '../api.js';
import { config } from '../config.js';
import { shortNumber } from '../format.js';
import { t } from '../i18n.js';
import { board, changed, currentCall, openIncident, outbox, say, ui } from './context.js';
import { openDraft } from './draft_actions.js';

/** @typedef {import('../types.js').Call} Call */

const OUTCOMES = ['information', 'prank', 'ghost', 'abandoned', 'transferred', 'test'];

/** @param {(call: Call) => boolean} wanted */
const callsWhere = (wanted) => [...board.calls.values()].filter(wanted).sort((a, b) => a.rang_at.localeCompare(b.rang_at) || a.id - b.id);

export const ringingCalls = () => callsWhere((call) => call.status === 'ringing');

/** Calls on the line: mine first, then the held ones, then those of others. */
export const talkingCalls = () => {
  const rank = (/** @type {Call} */ call) => (call.answered_by === config.user.username ? (call.status === 'answered' ? 0 : 1) : call.status === 'held' ? 2 : 3);
  return callsWhere((call) => call.status === 'answered' || call.status === 'held').sort((a, b) => rank(a) - rank(b));
};

/** Ended calls without an outcome: to ring back or to classify; newest first. */
export const toClassify = () => callsWhere((call) => call.status === 'ended').reverse();

/**
 * @param {Call} call
 * @param {string} verb
 * @param {string} label
 * @param {unknown} [body]
 */
async function act(call, verb, label, body = {}) {
  const row = await outbox.send({ path: `calls/${call.id}/${verb}`, body, tag: `call:${call.id}`, label });
  board.apply({ calls: [row] });
  say(label);
  return row;
}

/** Refusals stay in the outbox's list; the row shows them. @param {Promise<unknown>} writing */
const shown = (writing) => writing.catch((error) => { if (!(error instanceof ApiError)) throw error; });

/** @param {Call} call */
const named = (call) => call.caller_number ?? t('call.no_number');

/** Take a call off the ringing list and start its form. @param {Call|undefined} call */
export function answer(call = ringingCalls()[0]) {
  if (!call || outbox.about(`call:${call.id}`)?.state === 'sending') return;
  const writing = act(call, 'answer', t('said.answered', { number: named(call) }));
  ui.call = call.id;
  openDraft(call.id);
  return shown(writing.catch((error) => {
    // Somebody else was quicker: an untouched form of a call that is not ours would only mislead.
    if (ui.draft?.call === call.id && !ui.draft.typeText && !ui.draft.narrative) ui.draft = null;
    changed();
    throw error;
  }));
}

/** @param {Call|undefined} call */
export function holdOrResume(call = currentCall()) {
  if (!call || (call.status !== 'answered' && call.status !== 'held')) return;
  const verb = call.status === 'held' ? 'resume' : 'hold';
  if (verb === 'resume') ui.call = call.id;
  shown(act(call, verb, t(`said.${verb}`, { number: named(call) })));
}

/** @param {Call|undefined} call */
export function end(call = currentCall()) {
  if (!call || call.status === 'ended' || call.status === 'ringing') return;
  shown(act(call, 'end', t('said.ended', { number: named(call) })));
}

/** Give a call its outcome and end it if somebody is still on the line. @param {Call|undefined} call @param {string} outcome */
export function giveOutcome(call, outcome) {
  if (!call) return;
  ui.chooser = null;
  const closeForm = ui.draft && ui.draft.call === call.id && ui.draft.incident === null && !ui.draft.typeText && !ui.draft.location && !ui.draft.narrative;
  if (closeForm) ui.draft = null;
  shown(act(call, 'outcome', t('said.outcome', { number: named(call), outcome: t(`outcome.${outcome}`) }), { outcome }).then((row) => {
    if (row.status !== 'ended') return act(row, 'end', t('said.outcome', { number: named(call), outcome: t(`outcome.${outcome}`) }));
    return row;
  }));
  changed();
}

/** @param {Call|undefined} call */
export function askOutcome(call = currentCall()) {
  if (!call) return;
  ui.chooser = {
    where: `call:${call.id}`,
    title: t('chooser.outcome'),
    options: OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) })),
    run: (value) => giveOutcome(call, value),
  };
  changed();
}

/** The call is about the incident that is open. @param {Call|undefined} call */
export function attach(call = currentCall()) {
  const incident = openIncident();
  if (!call || !incident || call.incident) return;
  if (ui.draft?.call === call.id && ui.draft.incident === null) ui.draft = null;
  shown(act(call, 'outcome', t('said.attached', { number: shortNumber(incident.number) }), { outcome: 'attached', incident: incident.id }));
}

/** Choose the call that the keys act on. @param {Call} call */
export function takeCall(call) {
  if (call.status === 'ringing') return;
  ui.call = call.id;
  changed();
}

/** @param {number} step 1 or -1 */
export function nextCall(step) {
  const calls = [...talkingCalls(), ...toClassify()];
  if (!calls.length) return;
  const index = calls.findIndex((call) => call.id === currentCall()?.id);
  takeCall(calls[(index + step + calls.length) % calls.length]);
}

export const firstAlarm = () =>
  [...board.alarms.values()].filter((alarm) => alarm.status === 'raised').sort((a, b) => a.priority - b.priority || a.id - b.id)[0];

/** @param {import('../types.js').Alarm|undefined} alarm */
export function acknowledge(alarm = firstAlarm()) {
  if (!alarm) return;
  const label = t('said.acknowledged');
  shown(outbox.send({ path: `alarms/${alarm.id}/acknowledge`, tag: `alarm:${alarm.id}`, label }).then((row) => {
    board.apply({ alarms: [row] });
    say(label);
  }));
}
