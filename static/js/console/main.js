// The console put together: loads the board, opens the socket, draws the panes, hands the keys out.
// Each pane and each verb has its own module; only wiring stands here.

import { now, setServerTime } from '../clock.js';
import { config } from '../config.js';
import { isUnsaved } from '../drafts.js';
import { setTimezone } from '../format.js';
import { onLanguage } from '../i18n.js';
import { render } from '../lit.js';
import { Live } from '../live.js';
import { bannerView, troublesView } from './banner.js';
import { bindConsole } from './bindings.js';
import { boardView } from './board_pane.js';
import { callsView } from './calls.js';
import { board, changed, drafts, drawNow, onRender, openIncident, ui } from './context.js';
import { detailsFrame, loadDetails } from './details.js';
import { focusWish, resumeDraft } from './draft_actions.js';
import { footerView } from './footer.js';
import { headerView } from './header.js';
import { incidentView } from './incident_pane.js';
import { followSettings, insist, loadBoard, loadWords } from './loading.js';
import { startMap } from './map_pane.js';
import { drawAround } from './order.js';
import { sheetView } from './sheet.js';
import { unitsView } from './units_pane.js';

const TICK_MS = 1000;
const FIELDS = /** @type {Record<string, string>} */ ({ type: '#form-type', place: '#form-place', narrative: '#form-narrative', note: '#note-text' });

const pane = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const map = startMap(pane('map'));

const live = new Live('/ws/live', {
  frame(frame) {
    board.apply(frame.rows, frame.seq);
    detailsFrame(frame);
    followSettings(frame, map.loadZones);
    changed();
  },
  positions: map.positions,
  time: setServerTime,
  trouble(troubles) {
    ui.troubles = troubles;
    changed();
  },
  state(state) {
    ui.link = state;
    document.body.classList.toggle('stale', state === 'stale' || state === 'revoked');
    changed();
  },
  async resync() {
    const seq = await loadBoard();
    if (ui.open !== null) loadDetails(ui.open);
    return seq;
  },
});

function draw() {
  render(headerView(live), pane('header'));
  render(bannerView(live), pane('banner'));
  render(troublesView(), pane('troubles'));
  render(callsView(), pane('calls'));
  drawSteady('board', boardView);
  drawSteady('units', unitsView);
  render(incidentView(), pane('incident'));
  render(footerView(), pane('footer'));
  render(sheetView(), pane('sheet'));
  map.draw();
  grantFocus();
  titleBadge();
}

/** Ringing calls in the tab's title, for whoever looks at another window. */
function titleBadge() {
  const ringing = [...board.calls.values()].filter((call) => call.status === 'ringing').length;
  const title = `${ringing ? `(${ringing}) ` : ''}Siaga 112 · ${config.center.name}`;
  if (document.title !== title) document.title = title;
}

/** Draw a list without moving the row under the pointer. @param {string} id @param {() => unknown} view */
function drawSteady(id, view) {
  const host = pane(id);
  const scroller = host.querySelector('.rows');
  const anchor = host.querySelector('.rows li:hover') ?? (host.contains(document.activeElement) ? host.querySelector('.rows li.selected') : null);
  if (scroller instanceof HTMLElement) drawAround(scroller, anchor, () => render(view(), host));
  else render(view(), host);
}

/** Put the cursor where the user's own last act leads; events never set a wish. */
function grantFocus() {
  if (focusWish.field === 'panel') {
    focusWish.field = null;
    const panel = document.querySelector('.panel-body');
    if (panel) panel.scrollTop = 0;
    return;
  }
  const selector = focusWish.field && FIELDS[focusWish.field];
  if (!selector) return;
  const field = document.querySelector(selector);
  if (!(field instanceof HTMLElement)) return;
  focusWish.field = null;
  field.focus();
}

async function start() {
  setTimezone(config.center.timezone);
  onRender(draw);
  board.subscribe(() => changed());
  onLanguage(changed);
  bindConsole();
  for (const name of ['keydown', 'click']) window.addEventListener(name, drawNow);
  setInterval(changed, TICK_MS / 2);
  setInterval(() => board.prune(now()), 60 * TICK_MS);
  changed();
  insist(loadWords);
  map.loadZones();
  live.start(await insist(loadBoard));
  const kept = drafts.all().filter(isUnsaved);
  const latest = kept.at(-1);
  if (latest && !ui.draft && !openIncident()) resumeDraft(latest);
}

// What was typed reaches the disk with every keystroke; leaving with writes under way is still worth a question.
addEventListener('beforeunload', (event) => {
  if (document.querySelector('[data-testid=queued]')) event.preventDefault();
});

start();
