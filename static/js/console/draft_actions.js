// The new-incident form's work: create the moment type and location are known, then save what is typed within a second.
// Every keystroke is in localStorage first; the server may be away.

import { ApiError, newKey } from '../api.js';
import { now } from '../clock.js';
import { isUnsaved, newDraft } from '../drafts.js';
import { shortNumber } from '../format.js';
import { t } from '../i18n.js';
import { board, changed, drafts, outbox, say, typeName, ui } from './context.js';
import { loadDetails } from './details.js';

/** @typedef {import('../drafts.js').Draft} Draft */

const AUTOSAVE_MS = 600;
/** @type {Map<string, number>} */
const timers = new Map();
/** @type {Set<string>} */
const saving = new Set();
/** Where the cursor should go after the next drawing: only ever set by what the user just did. */
export const focusWish = { field: /** @type {'type'|'place'|'narrative'|'note'|'panel'|null} */ (null) };

/** Start a form, or go back to the one this call already has. @param {number|null} call */
export function openDraft(call = null) {
  leaveForm();
  const existing = call === null ? undefined : drafts.all().find((draft) => draft.call === call);
  ui.draft = existing ?? newDraft(newKey(), call, now());
  ui.open = ui.draft.incident;
  ui.chooser = null;
  ui.details = ui.open === null ? null : ui.details;
  focusWish.field = existing?.incident ? 'narrative' : 'type';
  if (ui.open !== null) loadDetails(ui.open);
  changed();
}

/** Edit an open incident in the same form. @param {import('../types.js').Incident} incident */
export function editIncident(incident) {
  const kept = drafts.all().find((draft) => draft.incident === incident.id);
  ui.draft = kept ?? {
    ...newDraft(newKey(), null, now()),
    incident: incident.id, type: incident.type, typeText: typeName(incident.type), location: incident.location, placeText: '', placeLabel: '',
    address: incident.address, narrative: incident.narrative, saved: { address: incident.address, narrative: incident.narrative },
  };
  focusWish.field = 'narrative';
  changed();
}

/** Show an incident in the panel. @param {number} id */
export function openIncidentPanel(id) {
  leaveForm();
  ui.open = id;
  ui.selected = id;
  ui.assignment = null;
  ui.chooser = null;
  ui.isNoting = false;
  focusWish.field = 'panel';
  const kept = drafts.all().find((draft) => draft.incident === id && isUnsaved(draft));
  if (kept) {
    ui.draft = kept;
    scheduleSave(kept);
  }
  loadDetails(id);
  changed();
}

/** Put the form away; what is not saved stays a draft. */
export function leaveForm() {
  const draft = ui.draft;
  ui.draft = null;
  if (!draft) return;
  if (isUnsaved(draft) || saving.has(draft.id)) {
    drafts.save(draft);
    if (draft.incident !== null) save(draft);
  } else drafts.remove(draft.id);
}

/** Throw an uncreated form away; the user asked for it. */
export function discardDraft() {
  if (ui.draft) drafts.remove(ui.draft.id);
  ui.draft = null;
  changed();
}

/** Forms left behind by a reload or put aside. */
export const waitingDrafts = () => drafts.all().filter((draft) => draft.id !== ui.draft?.id && isUnsaved(draft));

/** @param {Draft} draft */
export function resumeDraft(draft) {
  leaveForm();
  ui.draft = draft;
  ui.open = draft.incident;
  if (draft.incident !== null) {
    loadDetails(draft.incident);
    scheduleSave(draft);
  } else if (draft.sent) create(draft);
  changed();
}

/** Something was typed. @param {Partial<Draft>} values */
export function typed(values) {
  const draft = ui.draft;
  if (!draft) return;
  Object.assign(draft, values);
  drafts.save(draft);
  if (draft.incident === null && draft.type && draft.location) create(draft);
  else if (draft.incident !== null) scheduleSave(draft);
  changed();
}

/** Create the incident; the same key and body again after a reload. @param {Draft} draft */
async function create(draft) {
  if (saving.has(draft.id)) return;
  saving.add(draft.id);
  draft.sent ??= {
    type: draft.type, location: draft.location, address: draft.address, narrative: draft.narrative, ...(draft.call === null ? {} : { call: draft.call }),
  };
  drafts.save(draft);
  const sent = draft.sent;
  try {
    const row = await outbox.send({ path: 'incidents', body: sent, key: draft.key, tag: `draft:${draft.id}`, label: t('said.opening'), quiet: true });
    draft.incident = row.id;
    draft.saved = { address: String(sent.address ?? ''), narrative: String(sent.narrative ?? '') };
    board.apply({ incidents: [row] });
    say(t('said.opened', { number: shortNumber(row.number), type: typeName(row.type) }));
    formErrors.delete(draft.id);
    if (ui.draft === draft) {
      ui.open = row.id;
      ui.selected = row.id;
      loadDetails(row.id);
    }
    drafts.save(draft);
    scheduleSave(draft);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Refused: the body may be mended, so the next try is another request.
    draft.sent = null;
    draft.key = newKey();
    if (draft.location && error.fields.location) draft.location = null;
    formErrors.set(draft.id, error.message);
    drafts.save(draft);
  } finally {
    saving.delete(draft.id);
    changed();
  }
}

/** Refusals by draft, shown in the form. @type {Map<string, string>} */
export const formErrors = new Map();

/** @param {Draft} draft */
function scheduleSave(draft) {
  clearTimeout(timers.get(draft.id));
  timers.set(draft.id, setTimeout(() => save(draft), AUTOSAVE_MS));
}

/** @param {Draft} draft */
async function save(draft) {
  const incident = board.incident(draft.incident);
  if (draft.incident === null || saving.has(draft.id)) return;
  /** @type {Record<string, unknown>} */
  const body = {};
  if (draft.address !== draft.saved.address) body.address = draft.address;
  if (draft.narrative !== draft.saved.narrative) body.narrative = draft.narrative;
  if (incident && draft.type && draft.type !== incident.type) body.type = draft.type;
  if (incident && draft.location && (draft.location.lat !== incident.location.lat || draft.location.lon !== incident.location.lon) && draft.placeText) body.location = draft.location;
  if (!Object.keys(body).length) {
    if (ui.draft !== draft) drafts.remove(draft.id);
    return;
  }
  saving.add(draft.id);
  try {
    const row = await outbox.send({ method: 'PATCH', path: `incidents/${draft.incident}`, body, tag: `draft:${draft.id}`, label: t('said.saving'), quiet: true });
    board.apply({ incidents: [row] });
    if ('address' in body) draft.saved.address = String(body.address);
    if ('narrative' in body) draft.saved.narrative = String(body.narrative);
    savedAt.set(draft.id, now());
    formErrors.delete(draft.id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    formErrors.set(draft.id, error.message);
    saving.delete(draft.id);
    drafts.save(draft);
    changed();
    return;
  }
  saving.delete(draft.id);
  drafts.save(draft);
  scheduleSave(draft); // what was typed meanwhile; nothing is sent when there is nothing
  changed();
}

/** When a draft was last taken by the server, ms. @type {Map<string, number>} */
export const savedAt = new Map();

/** The form's state in one word. @param {Draft} draft @returns {'kept'|'typing'|'sending'|'queued'|'failed'|'saved'|'empty'} */
export function draftState(draft) {
  const write = outbox.about(`draft:${draft.id}`);
  if (write) return write.state === 'queued' ? 'queued' : 'sending';
  if (formErrors.has(draft.id)) return 'failed';
  if (draft.incident === null) return isUnsaved(draft) ? 'kept' : 'empty';
  return isUnsaved(draft) ? 'typing' : 'saved';
}
