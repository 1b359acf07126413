// The right column's panel: the one incident in hand, from its heading to its timeline.
// It draws; the verbs stand in incident_actions.js and the form in form.js.

import { since } from '../clock.js';
import { clock, coordinates, duration, shortNumber } from '../format.js';
import { pick, t, tCode } from '../i18n.js';
import { html, live, nothing, repeat } from '../lit.js';
import { agencyName, agencyShort, board, openIncident, outbox, types, typeName, ui } from './context.js';
import { rankedRecommendations } from './details.js';
import { editIncident, openDraft, openIncidentPanel, resumeDraft, waitingDrafts } from './draft_actions.js';
import { formView } from './form.js';
import { accept, advance, askCancel, askClose, askDecline, askLink, askReferral, assign, currentAssignment, firstRouted, note, refresh, setPriority, startNote } from './incident_actions.js';
import { keepNote, noteDraft } from './notes.js';
import { chooserView, keyed, priority, shape, shortMark, writeMark } from './parts.js';
import { narrativeView, noteWords } from './reveal.js';
import { nextSteps, stepAt } from './steps.js';

/** @typedef {import('../types.js').Incident} Incident */

const MINUTE = 60;

/** @param {Incident} incident */
function head(incident) {
  const isClosed = incident.status === 'closed';
  return html`<div class="title">
      ${priority(incident.priority, true)}
      <h2>${typeName(incident.type)}</h2>
      ${incident.parent ? html`<button type="button" class="pill" @click=${() => openIncidentPanel(Number(incident.parent))}>${t('incident.part_of')} ${shortNumber(board.incident(incident.parent)?.number ?? '')}</button>` : nothing}
      ${incident.calls > 1 ? html`<span class="pill">${incident.calls} ${t('board.callers')}</span>` : nothing}
      <span class="state ${incident.status}">${t(`incident.${incident.status}`)} <b>${duration(since(incident.opened_at))}</b></span>
    </div>
    ${ui.draft ? nothing : html`<div class="words">
      <p><b>${incident.address || t('incident.no_address')}</b>${incident.zone && !incident.address.includes(incident.zone) ? html` · ${incident.zone}` : nothing} <span class="dim">· ${coordinates(incident.location)}</span></p>
      <p class=${incident.narrative ? '' : 'dim'}>${narrativeView(incident)}</p>
    </div>`}
    <div class="keys">
      ${isClosed ? html`<span class="dim">${t('incident.closed_as')} <b>${incident.disposition ? tCode('disposition', incident.disposition) : '—'}</b></span>` : html`
        ${ui.draft ? nothing : keyed('i', t('key.edit'), () => editIncident(incident), { testid: 'edit-button' })}
        <span class="priorities" role="group" aria-label=${t('board.priority')}><kbd>⇧1–5</kbd>${[1, 2, 3, 4, 5].map((value) => html`<button type="button" class="plain" aria-pressed=${incident.priority === value} data-testid="priority-${value}" @click=${() => setPriority(value)}>${value}</button>`)}</span>
        ${keyed('l', t('key.link'), askLink, { testid: 'link-button' })}
        ${keyed('f', t('key.refer'), askReferral, { testid: 'refer-button' })}`}
      ${keyed('c', t('key.note'), startNote, { testid: 'note-button' })}
      ${isClosed ? nothing : keyed('x', t('key.close'), askClose, { testid: 'close-button' })}
      ${writeMark(outbox.about(`incident:${incident.id}`))}
    </div>`;
}

/** @param {import('../types.js').Referral} referral */
function referralRow(referral) {
  const isFirst = firstRouted()?.id === referral.id;
  const waits = referral.status === 'routed';
  return html`<li class="referral ${referral.status}" data-testid="referral-row" data-agency=${referral.agency} data-status=${referral.status}>
    ${shape(referral.discipline, waits ? 'amber' : 'text')}
    <span class="bright cut" title=${agencyName(referral.agency)}>${agencyShort(referral.agency)}</span>
    <span class=${waits ? 'amber' : 'dim'}>${t(`referral.${referral.status}`)} ${waits ? duration(since(referral.routed_at)) : ''}</span>
    <span class="dim cut" title=${pick(referral.reason)}>${referral.shortfall.length ? html`<span class="red">▲ ${t('referral.short')} ${referral.shortfall.map((need) => `${need.count} ${tCode('capability', need.capability)}`).join(', ')}</span> · ` : nothing}${pick(referral.reason)}</span>
    <span class="buttons">${waits ? html`${keyed(isFirst ? 'a' : '', t('key.accept'), () => accept(referral), { testid: 'accept-button' })}${keyed(isFirst ? 'd' : '', t('key.decline'), () => askDecline(referral), { testid: 'decline-button' })}` : nothing}${writeMark(outbox.about(`referral:${referral.id}`))}</span>
  </li>`;
}

/** @param {import('../types.js').Assignment} assignment */
function assignmentRow(assignment) {
  const isCurrent = currentAssignment()?.id === assignment.id;
  const write = outbox.about(`assignment:${assignment.id}`);
  const steps = nextSteps(assignment);
  const unit = board.units.get(assignment.unit_id);
  return html`<li class="assignment ${isCurrent ? 'current' : ''}" data-testid="assignment-row" data-call-sign=${assignment.unit} data-status=${assignment.status} aria-current=${isCurrent ? 'true' : nothing} title=${pick(assignment.reason)}
      @click=${() => { ui.assignment = assignment.id; }}>
    ${shape(assignment.discipline, 'bright')}
    <span class="bright cut">${assignment.unit}</span>
    <span class="cut" title="${pick(unit?.unit_type_name)} · ${t(`step.${assignment.status}`)}">${t(`status.${assignment.status}`)} <span class="dim">${pick(unit?.unit_type_name)}</span></span>
    <span class="number">${duration(since(stepAt(assignment)))}</span>
    <span class="buttons">${write ? shortMark(write) : html`
      ${steps.slice(0, 1).map((step) => keyed(isCurrent ? 's' : '', t(`do.${step}`), () => advance(assignment, step), { testid: 'step-button' }))}
      ${isCurrent ? steps.slice(1).map((step) => keyed('', t(`do.${step}`), () => advance(assignment, step), { testid: `step-${step}` })) : nothing}
      ${isCurrent && ['dispatched', 'acknowledged', 'en_route'].includes(assignment.status) ? keyed('b', '✕', () => askCancel(assignment), { testid: 'cancel-button', title: `${t('key.cancel_assignment')} ${assignment.unit}` }) : nothing}`}</span>
  </li>`;
}

/** @param {ReturnType<typeof rankedRecommendations>[number]} item @param {number} index */
function recommendationRow(item, index) {
  const write = outbox.about(`assign:${item.call_sign}`);
  return html`<li class="recommendation ${item.isFree ? '' : 'gone'} ${item.fits ? '' : 'misfit'}" data-testid="recommendation-row" data-call-sign=${item.call_sign} data-rank=${index + 1} title=${pick(item.reason)}>
    <button type="button" class="plain" ?disabled=${!item.isFree} @click=${() => assign(item.call_sign)} aria-label="${t('key.send')} ${item.call_sign}"><kbd>${index + 1}</kbd></button>
    ${shape(item.discipline, item.fits ? 'bright' : 'dim')}
    <span class="bright cut">${item.call_sign}</span>
    <span class="number">${Math.max(1, Math.round(item.travel_seconds / MINUTE))} ${t('unit.minutes')}</span>
    ${write ? shortMark(write) : html`<span class="dim cut">${item.isFree ? pick(item.reason) : t('recommendation.gone')}</span>`}
  </li>`;
}

/** The words of a note stand in the note alone, the timeline says that it was added. @param {import('../types.js').TimelineEntry} entry */
function noteText(entry) {
  if (!/note/.test(entry.kind)) return '';
  const notes = ui.details?.notes ?? [];
  const note = notes.find((each) => each.id === (entry.data?.note ?? entry.data?.note_id)) ?? notes.find((each) => each.at === entry.at);
  return note ? noteWords(note, Number(entry.incident)) : '';
}

/** @param {import('../types.js').TimelineEntry} entry */
const entryRow = (entry) => html`<li data-testid="timeline-entry" data-kind=${entry.kind} data-seq=${entry.seq}><time datetime=${entry.at} class="bright">${clock(entry.at)}</time> <span>${pick(entry.words) || entry.kind}${noteText(entry) ? html`: <b>${noteText(entry)}</b>` : nothing}</span> ${entry.actor_name ? html`<span class="dim">· ${entry.actor_name}</span>` : nothing}</li>`;

/** @param {Incident} incident */
function noteForm(incident) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLTextAreaElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem('text'));
    note(field.value);
  };
  return html`<form class="note" @submit=${submit}>
    <textarea name="text" id="note-text" data-testid="note-input" rows="2" maxlength="10000" placeholder=${t('note.hint')} aria-label=${t('key.note')} .value=${live(noteDraft(incident.id)?.text ?? '')} @input=${(/** @type {InputEvent} */ event) => keepNote(incident.id, /** @type {HTMLTextAreaElement} */ (event.target).value)}
      @keydown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit(); } }}></textarea>
  </form>`;
}

/** @param {Incident} incident */
function body(incident) {
  const assignments = board.assignmentsOf(incident.id);
  const referrals = board.referralsOf(incident.id);
  const details = ui.details?.id === incident.id ? ui.details : null;
  const ranked = rankedRecommendations();
  const isOpen = incident.status !== 'closed';
  return html`
    ${ui.chooser?.where === 'incident' ? chooserView(ui.chooser) : nothing}
    ${referrals.length ? html`<section><h3 class="heading">${t('referral.title')} <b>${referrals.length}</b></h3><ul class="list">${repeat(referrals, (row) => row.id, referralRow)}</ul></section>` : nothing}
    ${isOpen ? html`<div class="going">
      <section><h3 class="heading">${t('assignment.title')} <b>${assignments.length}</b>${assignments.length > 1 ? html`<span class="dim"><kbd>,</kbd> <kbd>.</kbd> ${t('key.choose')}</span>` : nothing}</h3>
        <ul class="list" data-testid="assignments">${repeat(assignments, (row) => row.id, assignmentRow)}</ul>${assignments.length ? nothing : html`<p class="empty">${t('assignment.none')}</p>`}</section>
      <section><h3 class="heading">${t('recommendation.title')} ${keyed('r', t('key.refresh'), refresh)}</h3>
        <ul class="list" data-testid="recommendations">${repeat(ranked, (item) => item.unit_id, recommendationRow)}</ul>${ranked.length ? nothing : html`<p class="empty">${details?.recommendationsError || (details?.loading ? t('loading') : t('recommendation.none'))}</p>`}</section>
    </div>` : nothing}
    <section class="timeline"><h3 class="heading">${t('timeline.title')} <b>${details?.timeline.length ?? ''}</b></h3>
      ${ui.isNoting || (!outbox.about(`note:${incident.id}`) && noteDraft(incident.id)) ? noteForm(incident) : writeMark(outbox.about(`note:${incident.id}`))}
      ${details?.error ? html`<p class="red">${details.error}</p>` : nothing}
      <ul data-testid="timeline">${repeat([...(details?.timeline ?? [])].reverse(), (entry) => entry.seq, entryRow)}</ul></section>`;
}

function waiting() {
  const list = waitingDrafts();
  if (!list.length) return nothing;
  return html`<div class="waiting" data-testid="waiting-drafts"><span class="amber">◔ ${t('draft.waiting', { count: list.length })}</span>
    ${list.slice(0, 4).map((draft) => keyed('', `${clock(draft.startedAt)} ${draft.typeText || (draft.type && types.has(draft.type) ? typeName(draft.type) : '') || draft.narrative.slice(0, 24) || t('draft.untitled')}`, () => resumeDraft(draft), { testid: 'resume-draft' }))}</div>`;
}

export function incidentView() {
  const incident = openIncident();
  const isLoading = ui.open !== null && !incident;
  return html`
    <h2 class="heading">${incident ? html`${t('incident.title')} <b>${shortNumber(incident.number)}</b> <span class="plain-case">${t('incident.opened_by')} ${incident.opened_by} ${clock(incident.opened_at)}</span>` : t('incident.title')}</h2>
    <div class="panel-body" data-testid="incident-panel" data-incident=${incident?.id ?? ''} data-status=${incident?.status ?? ''}>
      ${waiting()}
      ${incident ? head(incident) : nothing}
      ${ui.draft ? formView(ui.draft) : nothing}
      ${incident ? body(incident) : nothing}
      ${!incident && !ui.draft ? html`<div class="nothing"><p>${isLoading ? t('loading') : t('incident.nothing')}</p><p>${keyed('n', t('key.new'), () => openDraft(), { testid: 'new-button' })} ${keyed('Enter', t('key.open'), () => { if (ui.selected !== null) openIncidentPanel(ui.selected); })}</p></div>` : nothing}
    </div>`;
}
