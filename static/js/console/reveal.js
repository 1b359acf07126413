// Revealing what is masked: asks for a reason, shows the value for a minute, keeps it nowhere else.
// Who may see what, and the log of it, are the server's business.

import { ApiError, request } from '../api.js';
import { t } from '../i18n.js';
import { html, nothing } from '../lit.js';
import { changed, currentCall, openIncident, say, ui } from './context.js';
import { keyed } from './parts.js';

/** @typedef {import('../types.js').Call} Call */
/** @typedef {import('../types.js').Incident} Incident */

const SHOWN_MS = 60_000;
const REASONS = ['call_back', 'find_place', 'ask_condition'];

/** @type {Map<string, any>} "call:5" or "incident:7" → what was revealed */
const shown = new Map();

/** @param {string} of @param {any} value */
function show(of, value) {
  shown.set(of, value);
  setTimeout(() => { shown.delete(of); changed(); }, SHOWN_MS);
  changed();
}

/** @param {{masked?: string[]}|undefined} row @param {string} field */
const isMasked = (row, field) => row?.masked?.includes(field) ?? false;

/** What the key acts on: the call in hand, else the words of the open incident. */
export function maskedInHand() {
  const incident = openIncident();
  if (incident && (isMasked(incident, 'narrative') || hasMaskedNotes()) && !shown.has(`incident:${incident.id}`)) return { incident };
  const call = currentCall();
  return call && isMasked(call, 'caller_number') && !shown.has(`call:${call.id}`) ? { call } : null;
}

const hasMaskedNotes = () => (ui.details?.notes ?? []).some((/** @type {any} */ note) => isMasked(note, 'text'));

/**
 * @param {string} where of the question
 * @param {string} path
 * @param {string} of
 */
function ask(where, path, of) {
  ui.chooser = {
    where,
    title: t('reveal.title'),
    options: REASONS.map((value) => ({ value, label: t(`reveal.${value}`) })),
    text: t('reveal.reason'),
    run: (value, text) => {
      ui.chooser = null;
      changed();
      request('POST', path, { reason: text || t(`reveal.${value}`) }).then(
        (answer) => { show(of, answer); say(t('said.revealed')); },
        (error) => { if (!(error instanceof ApiError)) throw error; say(error.message); },
      );
    },
  };
  changed();
}

export function askReveal(hand = maskedInHand()) {
  if (hand?.call) ask(`call:${hand.call.id}`, `calls/${hand.call.id}/reveal`, `call:${hand.call.id}`);
  else if (hand?.incident) ask('incident', `incidents/${hand.incident.id}/reveal`, `incident:${hand.incident.id}`);
}

/** A call's number, with an eye beside it where it is masked. @param {Call} call @param {boolean} [isCurrent] */
export function numberView(call, isCurrent = false) {
  if (!call.caller_number) return html`${t('call.no_number')}`;
  if (!isMasked(call, 'caller_number')) return html`${call.caller_number}`;
  const revealed = shown.get(`call:${call.id}`);
  if (revealed) return html`<span class="revealed" data-testid="revealed-number">${revealed.caller_number}</span>`;
  return html`${call.caller_number} ${ui.chooser?.where === `call:${call.id}` ? nothing : keyed(isCurrent && maskedInHand()?.call ? 'v' : '', t('reveal.show'), () => askReveal({ call }), { kind: 'eye', testid: 'reveal-number', title: t('key.reveal_number') })}`;
}

/** The narrative, or its mask with an eye. @param {Incident} incident */
export function narrativeView(incident) {
  const revealed = shown.get(`incident:${incident.id}`);
  if (revealed) return html`<span class="revealed" data-testid="revealed-words">${revealed.narrative || t('incident.no_narrative')}</span>`;
  if (!isMasked(incident, 'narrative') && !(ui.details?.id === incident.id && hasMaskedNotes())) return html`${incident.narrative || t('incident.no_narrative')}`;
  return html`${incident.narrative || t('incident.no_narrative')} <span class="dim">${t('reveal.is_masked')}</span> ${keyed(maskedInHand()?.incident ? 'v' : '', t('reveal.show'), () => askReveal({ incident }), { kind: 'eye', testid: 'reveal-words', title: t('key.reveal_words') })}`;
}

/** A note's words, revealed with its incident. @param {{id: number, text: string}} note @param {number} incident */
export const noteWords = (note, incident) => shown.get(`incident:${incident}`)?.notes?.find((/** @type {{id: number}} */ each) => each.id === note.id)?.text ?? note.text;
