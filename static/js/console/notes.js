// A note being written: kept in localStorage with its Idempotency-Key until the server has it.
// One per incident; it draws nothing and sends nothing.

import { newKey } from '../api.js';
import { config } from '../config.js';

/** @typedef {{text: string, key: string, wasSent: boolean}} NoteDraft */

const name = (/** @type {number} */ incident) => `siaga.note.${config.user.username}.${incident}`;

/** @param {number} incident @returns {NoteDraft|null} */
export function noteDraft(incident) {
  try {
    return JSON.parse(localStorage.getItem(name(incident)) ?? 'null');
  } catch {
    return null;
  }
}

/** Keep what is typed; after it was sent once, other words are another note. @param {number} incident @param {string} text */
export function keepNote(incident, text) {
  if (!text) return forgetNote(incident);
  const known = noteDraft(incident);
  const key = known && (!known.wasSent || known.text === text) ? known.key : newKey();
  localStorage.setItem(name(incident), JSON.stringify({ text, key, wasSent: known?.wasSent === true && known.key === key }));
}

/** The note is on its way: its key belongs to these words now. @param {number} incident @param {string} text @returns {string} the key */
export function sendNote(incident, text) {
  keepNote(incident, text);
  const draft = noteDraft(incident);
  const key = draft?.key ?? newKey();
  localStorage.setItem(name(incident), JSON.stringify({ text, key, wasSent: true }));
  return key;
}

/** @param {number} incident */
export const forgetNote = (incident) => localStorage.removeItem(name(incident));
