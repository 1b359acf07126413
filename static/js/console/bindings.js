// Which key does what on the console, in one list: the footer, the sheet and the handler all read it.
// Every line names a verb that also has a button; docs/screens.md holds the same table.

import { boardOrder, selectRow } from './board_pane.js';
import { acknowledge, answer, askOutcome, attach, end, firstAlarm, giveOutcome, holdOrResume, nextCall, ringingCalls, talkingCalls, toClassify } from './call_actions.js';
import { board, changed, currentCall, keyboard, openIncident, outbox, ui } from './context.js';
import { editIncident, leaveForm, openDraft, openIncidentPanel } from './draft_actions.js';
import { accept, advance, askCancel, askClose, askDecline, askLink, askReferral, assignRanked, currentAssignment, firstRouted, nextAssignment, refresh, setPriority, startNote } from './incident_actions.js';
import { rankedRecommendations } from './details.js';
import { askReveal, maskedInHand } from './reveal.js';
import { nextAgency } from './units_pane.js';

const isOpen = () => { const incident = openIncident(); return incident !== undefined && incident.status !== 'closed'; };
const onLine = () => { const call = currentCall(); return call !== undefined && call.status !== 'ended'; };
const unsettled = () => { const call = currentCall(); return call !== undefined && call.incident === null; };

/** One step back: the question, the sheet, the note, the field, the form, the panel. */
function back() {
  const active = /** @type {HTMLElement|null} */ (document.activeElement);
  if (ui.chooser) ui.chooser = null;
  else if (ui.isSheetOpen) ui.isSheetOpen = false;
  else if (ui.isNoting) ui.isNoting = false;
  else if (active && active !== document.body && active.matches('input, textarea')) active.blur();
  else if ([...outbox.writes.values()].some((write) => write.state === 'failed')) outbox.dropFailed();
  else if (ui.draft) leaveForm();
  else ui.open = null;
  changed();
}

/** Finished writing: the note is sent, the form of an open incident is saved and put away. */
function done() {
  const form = /** @type {HTMLFormElement|null} */ (document.querySelector('form.note'));
  if (ui.isNoting && form) form.requestSubmit();
  else leaveForm();
  changed();
}

/** @param {number} digit */
function digit(digit) {
  const chooser = ui.chooser;
  if (!chooser) return assignRanked(digit);
  const option = chooser.options[digit - 1];
  if (option) chooser.run(option.value, '');
}

export function bindConsole() {
  keyboard.bind([
    { keys: ['F1'], group: 'sheet.calls', label: 'key.answer_next', hint: 1, when: () => ringingCalls().length > 0, run: () => answer() },
    { keys: ['F2', 'n'], group: 'sheet.calls', label: 'key.new', hint: 2, run: () => openDraft(unsettled() ? currentCall()?.id : null) },
    { keys: ['F4', 't'], group: 'sheet.calls', label: 'key.hold_resume', hint: 3, when: onLine, run: () => holdOrResume() },
    { keys: ['F8', 'e'], group: 'sheet.calls', label: 'key.end', hint: 4, when: onLine, run: () => end() },
    { keys: ['h'], group: 'sheet.calls', label: 'key.ghost', hint: 5, when: unsettled, run: () => giveOutcome(currentCall(), 'ghost') },
    { keys: ['p'], group: 'sheet.calls', label: 'key.prank', hint: 5, when: unsettled, run: () => giveOutcome(currentCall(), 'prank') },
    { keys: ['o'], group: 'sheet.calls', label: 'key.outcome', hint: 6, when: unsettled, run: () => askOutcome() },
    { keys: ['g'], group: 'sheet.calls', label: 'key.attach_open', hint: 6, when: () => unsettled() && openIncident() !== undefined, run: () => attach() },
    { keys: ['[', ']'], group: 'sheet.calls', label: 'key.choose_call', when: () => talkingCalls().length + toClassify().length > 0, run: (event) => nextCall(event.key === ']' ? 1 : -1) },
    { keys: ['v'], group: 'sheet.calls', label: 'key.reveal', hint: 15, when: () => maskedInHand() !== null, run: () => askReveal() },
    { keys: ['q'], group: 'sheet.calls', label: 'key.acknowledge', when: () => firstAlarm() !== undefined, run: () => acknowledge() },

    { keys: ['ArrowDown', 'j'], group: 'sheet.board', label: 'key.down', hint: 20, run: () => selectRow(1) },
    { keys: ['ArrowUp', 'k'], group: 'sheet.board', label: 'key.up', run: () => selectRow(-1) },
    { keys: ['Enter'], group: 'sheet.board', label: 'key.open', hint: 21, when: () => ui.selected !== null && !ui.chooser && ui.selected !== ui.open && board.incident(ui.selected) !== undefined, run: () => { boardOrder.use(); openIncidentPanel(Number(ui.selected)); } },
    { keys: ['u'], group: 'sheet.board', label: 'key.agency', run: nextAgency },
    { keys: ['m'], group: 'sheet.board', label: 'key.map', run: () => document.querySelector('#map')?.dispatchEvent(new CustomEvent('siaga:focus')) },

    { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], group: 'sheet.incident', label: 'key.assign_ranked', hint: 10, when: () => ui.chooser !== null || (isOpen() && rankedRecommendations().length > 0), run: (event) => digit(Number(event.key)) },
    { keys: ['s'], group: 'sheet.incident', label: 'key.advance', hint: 11, when: () => isOpen() && currentAssignment() !== undefined, run: () => advance() },
    { keys: [',', '.'], group: 'sheet.incident', label: 'key.choose_assignment', when: () => isOpen() && currentAssignment() !== undefined, run: (event) => nextAssignment(event.key === '.' ? 1 : -1) },
    { keys: ['b'], group: 'sheet.incident', label: 'key.cancel_assignment', when: () => isOpen() && ['dispatched', 'acknowledged', 'en_route'].includes(currentAssignment()?.status ?? ''), run: () => askCancel() },
    { keys: ['a'], group: 'sheet.incident', label: 'key.accept', hint: 9, when: () => isOpen() && firstRouted() !== undefined, run: () => accept() },
    { keys: ['d'], group: 'sheet.incident', label: 'key.decline', when: () => isOpen() && firstRouted() !== undefined, run: () => askDecline() },
    { keys: ['f'], group: 'sheet.incident', label: 'key.refer', when: isOpen, run: askReferral },
    { keys: ['c'], group: 'sheet.incident', label: 'key.note', hint: 12, when: () => openIncident() !== undefined, run: startNote },
    { keys: ['i'], group: 'sheet.incident', label: 'key.edit', hint: 13, when: () => isOpen() && !ui.draft, run: () => { const incident = openIncident(); if (incident) editIncident(incident); } },
    { keys: [1, 2, 3, 4, 5].map((value) => `Shift+Digit${value}`), group: 'sheet.incident', label: 'key.priority', when: isOpen, run: (event) => setPriority(Number(event.code.at(-1))) },
    { keys: ['l'], group: 'sheet.incident', label: 'key.link', when: isOpen, run: askLink },
    { keys: ['r'], group: 'sheet.incident', label: 'key.refresh', when: isOpen, run: refresh },
    { keys: ['x'], group: 'sheet.incident', label: 'key.close', hint: 14, when: isOpen, run: askClose },

    { keys: ['Control+Enter'], group: 'sheet.all', label: 'key.done', whileTyping: true, when: () => ui.isNoting || ui.draft?.incident != null, run: done },
    { keys: ['?'], group: 'sheet.all', label: 'key.help', run: () => { ui.isSheetOpen = !ui.isSheetOpen; changed(); } },
    { keys: ['Escape'], group: 'sheet.all', label: 'key.back', hint: 30, when: () => ui.chooser !== null || ui.draft !== null || ui.open !== null || ui.isSheetOpen || ui.isNoting, run: back },
  ]);
  keyboard.listen();
}

