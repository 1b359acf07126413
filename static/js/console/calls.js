// The left column: calls ringing, answered and held; calls to ring back; alarms.
// What its keys do stands in call_actions.js.

import { since } from '../clock.js';
import { config } from '../config.js';
import { duration, hourMinute, shortNumber } from '../format.js';
import { pick, t, tCode } from '../i18n.js';
import { html, nothing, repeat } from '../lit.js';
import { acknowledge, answer, askOutcome, attach, end, firstAlarm, giveOutcome, holdOrResume, ringingCalls, takeCall, talkingCalls, toClassify } from './call_actions.js';
import { board, currentCall, openIncident, outbox, typeName, ui } from './context.js';
import { openDraft, openIncidentPanel } from './draft_actions.js';
import { chooserView, keyed, writeMark } from './parts.js';
import { numberView } from './reveal.js';

const RINGING_TOO_LONG_SECONDS = 10;
const ON_HOLD_TOO_LONG_SECONDS = 60;
const CALLBACKS_SHOWN = 12;

/** @param {import('../types.js').Call} call */
function callRow(call) {
  const isCurrent = currentCall()?.id === call.id;
  const incident = board.incident(call.incident);
  const isMine = call.answered_by === config.user.username;
  const rang = since(call.rang_at);
  const held = since(call.held_at);
  const age = call.status === 'ringing' ? rang : call.status === 'held' ? held : since(call.answered_at);
  const ageState = call.status === 'ringing' ? (rang > RINGING_TOO_LONG_SECONDS ? 'red' : 'bright') : call.status === 'held' && held > ON_HOLD_TOO_LONG_SECONDS ? 'amber' : 'bright';
  return html`<li class="call ${call.status} ${isCurrent ? 'current' : ''} ${isMine || call.status === 'ringing' ? '' : 'others'}" data-testid="call-row" data-call=${call.id} data-status=${call.status}
      aria-current=${isCurrent ? 'true' : nothing} @click=${() => takeCall(call)}>
    <div class="call-head"><b>${numberView(call, isCurrent)}</b><span class=${ageState}>${duration(age)}</span></div>
    <p class="dim">${t('call.line')} ${call.line.replace(/^\D+/, '') || call.line} · ${t(`call.${call.status}`)}${call.answered_by && !isMine ? ` · ${call.answered_by}` : ''}</p>
    ${incident ? html`<p><a href="#" @click=${(/** @type {Event} */ event) => { event.preventDefault(); openIncidentPanel(incident.id); }}>${shortNumber(incident.number)} ${typeName(incident.type)}</a></p>` : nothing}
    ${ui.chooser?.where === `call:${call.id}` ? chooserView(ui.chooser) : html`<div class="keys">${callKeys(call, isCurrent)}</div>`}
    ${writeMark(outbox.about(`call:${call.id}`))}
  </li>`;
}

/** @param {import('../types.js').Call} call @param {boolean} isCurrent */
function callKeys(call, isCurrent) {
  if (call.status === 'ringing') return keyed(ringingCalls()[0] === call ? 'F1' : '', t('key.answer'), () => answer(call), { testid: 'answer-button' });
  if (call.answered_by !== config.user.username && call.status !== 'held' && call.status !== 'ended') return nothing;
  const key = (/** @type {string} */ letter) => (isCurrent ? letter : '');
  if (!isCurrent) return call.status === 'held' ? keyed('', t('key.resume'), () => holdOrResume(call), { testid: 'hold-button' }) : nothing;
  const open = openIncident();
  return html`
    ${call.incident ? nothing : keyed(key('n'), t('key.new'), () => openDraft(call.id), { testid: 'new-button' })}
    ${open && !call.incident ? keyed(key('g'), `${t('key.attach')} ${shortNumber(open.number)}`, () => attach(call), { testid: 'attach-button' }) : nothing}
    ${call.status === 'ended' ? nothing : keyed(key('t'), t(call.status === 'held' ? 'key.resume' : 'key.hold'), () => holdOrResume(call), { testid: 'hold-button' })}
    ${call.status === 'ended' ? nothing : keyed(key('e'), t('key.end'), () => end(call), { testid: 'end-button' })}
    ${call.incident ? nothing : html`
      ${keyed(key('h'), t('key.ghost'), () => giveOutcome(call, 'ghost'), { testid: 'ghost-button' })}
      ${keyed(key('p'), t('key.prank'), () => giveOutcome(call, 'prank'), { testid: 'prank-button' })}
      ${keyed(key('o'), t('key.outcome'), () => askOutcome(call), { testid: 'outcome-button' })}`}`;
}

/** @param {import('../types.js').Call} call */
function callBackRow(call) {
  const isCurrent = currentCall()?.id === call.id;
  const lost = call.answered_at === null;
  return html`<li class="callback ${isCurrent ? 'current' : ''}" data-testid="callback-row" data-call=${call.id} @click=${() => takeCall(call)} aria-current=${isCurrent ? 'true' : nothing}>
    <div class="call-head"><span class="bright">${numberView(call, isCurrent)}</span><span class="dim">${t(lost ? 'call.lost_at' : 'call.ended_at')} ${hourMinute(call.ended_at ?? call.rang_at)}</span></div>
    ${ui.chooser?.where === `call:${call.id}` ? chooserView(ui.chooser) : isCurrent ? html`<div class="keys">${callKeys(call, true)}</div>` : nothing}
    ${writeMark(outbox.about(`call:${call.id}`))}
  </li>`;
}

/** @param {import('../types.js').Alarm} alarm @param {(incident: number) => void} [open] */
export function alarmRow(alarm, open = openIncidentPanel) {
  const raised = alarm.status === 'raised';
  const state = !raised ? 'dim' : alarm.priority === 1 ? 'red' : alarm.priority === 2 ? 'amber' : 'text';
  const incident = board.incident(alarm.incident);
  return html`<li class="alarm p${alarm.priority} ${alarm.status}" data-testid="alarm-row" data-alarm=${alarm.id}>
    <p class=${state}><span aria-hidden="true">${alarm.priority === 1 ? '▲' : alarm.priority === 2 ? '◔' : '·'}</span> ${pick(alarm.words) || tCode('alarm', alarm.kind)}</p>
    <div class="keys">
      <span class="dim">${duration(since(alarm.raised_at))}${alarm.acknowledged_by ? ` · ${t('alarm.acknowledged')} ${alarm.acknowledged_by}` : ''}</span>
      ${incident ? keyed('', shortNumber(incident.number), () => open(incident.id), { testid: 'alarm-open' }) : nothing}
      ${raised ? keyed(firstAlarm() === alarm ? 'q' : '', t('key.acknowledge'), () => acknowledge(alarm), { testid: 'acknowledge-button' }) : nothing}
    </div>
    ${writeMark(outbox.about(`alarm:${alarm.id}`))}
  </li>`;
}

/** @param {string} title @param {unknown} count @param {string} state */
const heading = (title, count, state = '') => html`<h2 class="heading">${title} <b class=${state}>${count}</b></h2>`;

/** Those that nobody has seen first, then by priority and age. */
export const sortedAlarms = () => [...board.alarms.values()].sort((a, b) => Number(a.status !== 'raised') - Number(b.status !== 'raised') || a.priority - b.priority || a.id - b.id);

export function callsView() {
  const ringing = ringingCalls();
  const talking = talkingCalls();
  const back = toClassify();
  const alarms = sortedAlarms();
  const raised = alarms.filter((alarm) => alarm.status === 'raised').length;
  return html`
    <section aria-label=${t('calls.title')} class="calls">
      ${heading(t('calls.title'), t('calls.ringing', { count: ringing.length }), ringing.length ? 'red' : '')}
      <ul>${repeat([...ringing, ...talking], (call) => call.id, callRow)}</ul>
      ${ringing.length + talking.length ? nothing : html`<p class="empty">${t('calls.none')}</p>`}
    </section>
    <section aria-label=${t('callbacks.title')} class="callbacks">
      ${heading(t('callbacks.title'), back.length)}
      <ul>${repeat(back.slice(0, CALLBACKS_SHOWN), (call) => call.id, callBackRow)}</ul>
      ${back.length > CALLBACKS_SHOWN ? html`<p class="empty">${t('callbacks.more', { count: back.length - CALLBACKS_SHOWN })}</p>` : nothing}
    </section>
    <section aria-label=${t('alarms.title')} class="alarms">
      ${heading(t('alarms.title'), raised, raised ? 'amber' : '')}
      <ul>${repeat(alarms, (alarm) => alarm.id, (alarm) => alarmRow(alarm))}</ul>
      ${alarms.length ? nothing : html`<p class="empty">${t('alarms.none')}</p>`}
    </section>`;
}

