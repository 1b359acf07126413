// What the panes of the console share: the board, the outbox, what is open and selected.
// One object of each; a pane reads here, changes through the action modules, and calls `changed()`.

import { Outbox } from '../api.js';
import { Board } from '../board.js';
import { config } from '../config.js';
import { draftStore } from '../drafts.js';
import { pick } from '../i18n.js';
import { Keyboard } from '../keys.js';

/**
 * @typedef {object} Chooser a question with a handful of answers, answered by a digit, a click or a text
 * @property {string} where "incident" or "call:ID"
 * @property {string} title
 * @property {{label: string, value: string, detail?: string}[]} options
 * @property {string} [text] placeholder of a free text; its Enter answers with the first option or none
 * @property {(value: string, text: string) => void} run
 */

/**
 * @typedef {object} Details what the board does not carry of the open incident
 * @property {number} id
 * @property {boolean} loading
 * @property {string} error
 * @property {import('../types.js').TimelineEntry[]} timeline oldest first
 * @property {import('../types.js').Note[]} notes
 * @property {import('../types.js').Call[]} calls
 * @property {import('../types.js').Recommendation[]} recommendations
 * @property {string} recommendationsError
 */

export const board = new Board();
export const keyboard = new Keyboard();
export const outbox = new Outbox(() => changed());
export const drafts = draftStore(config.user.username);

/** @type {Map<string, import('../types.js').IncidentType>} */
export const types = new Map();
/** @type {Map<string, import('../types.js').Agency>} */
export const agencies = new Map();

export const ui = {
  /** selected row of the board */ selected: /** @type {number|null} */ (null),
  /** open incident */ open: /** @type {number|null} */ (null),
  /** draft in the form */ draft: /** @type {import('../drafts.js').Draft|null} */ (null),
  /** call the keys act on */ call: /** @type {number|null} */ (null),
  chooser: /** @type {Chooser|null} */ (null),
  /** selected assignment of the open incident */ assignment: /** @type {number|null} */ (null),
  details: /** @type {Details|null} */ (null),
  /** agency code whose units are shown, or all */ agency: /** @type {string|null} */ (null),
  isSheetOpen: false,
  isNoting: false,
  link: /** @type {import('../live.js').LinkState} */ ('connecting'),
  /** parts of the installation that are away */ troubles: /** @type {import('../types.js').Trouble[]} */ ([]),
  /** what was last done, for the footer */ said: '',
};

let scheduled = false;
/** @type {(() => void)[]} */
const renderers = [];

/** @param {() => void} renderer draws one pane from the state */
export const onRender = (renderer) => renderers.push(renderer);

/** Draw all panes before the next frame; many changes, one drawing. */
export function changed() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(drawNow, 200);
  else requestAnimationFrame(drawNow);
}

/** Draw what is waiting to be drawn: after a key at once, so that the next letter already lands in the field it opened. */
export function drawNow() {
  if (!scheduled) return;
  scheduled = false;
  for (const renderer of renderers) renderer();
}

/** Say in the footer what was done. @param {string} text */
export function say(text) {
  ui.said = text;
  changed();
}

/** @param {string} code */
export const typeName = (code) => pick(types.get(code)?.name) || code.replaceAll('_', ' ');
/** @param {string} code */
export const agencyName = (code) => pick(agencies.get(code)?.name) || code;
/** What fits in a narrow cell. @param {string} code */
export const agencyShort = (code) => code.replaceAll('_', ' ').toUpperCase().slice(0, 11);

/** The call in hand: the chosen one while it is on the board, else the one I answered. */
export function currentCall() {
  const chosen = ui.call === null ? undefined : board.calls.get(ui.call);
  if (chosen && chosen.status !== 'ringing') return chosen;
  for (const call of board.calls.values()) if (call.status === 'answered' && call.answered_by === config.user.username) return call;
  return undefined;
}

/** The incident the panel shows. */
export const openIncident = () => board.incident(ui.open ?? ui.draft?.incident);
