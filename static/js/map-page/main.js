// The supervisor's map put together: loads the board, opens the socket, draws the map and its side, hands the keys out.
// Each part has its own module; only wiring stands here.

import { now, setServerTime } from '../clock.js';
import { config } from '../config.js';
import { bannerView, troublesView } from '../console/banner.js';
import { acknowledge, firstAlarm } from '../console/call_actions.js';
import { board, changed, drawNow, keyboard, onRender, outbox, ui } from '../console/context.js';
import { footerView } from '../console/footer.js';
import { headerView } from '../console/header.js';
import { followSettings, insist, loadBoard, loadWords } from '../console/loading.js';
import { drawAround } from '../console/order.js';
import { sheetView } from '../console/sheet.js';
import { setTimezone } from '../format.js';
import { onLanguage } from '../i18n.js';
import { render } from '../lit.js';
import { Live } from '../live.js';
import { startCity } from './city.js';
import { isAnyHidden, showAllAgencies } from './shown.js';
import { choose, chooseNext, sideView } from './side.js';

const TICK_MS = 1000;

const pane = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const city = startCity(pane('map'), choose);

// What hangs on a wall is told no number and no medical words.
const loadWall = () => loadBoard('wall');

const live = new Live('/ws/live?view=wall', {
  frame(frame) {
    board.apply(frame.rows, frame.seq);
    followSettings(frame, () => city.loadZones());
    changed();
  },
  positions: (data) => city.positions(data),
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
  resync: loadWall,
});

function draw() {
  render(headerView(live), pane('header'));
  render(bannerView(live), pane('banner'));
  render(troublesView(), pane('troubles'));
  drawSide();
  render(footerView(), pane('footer'));
  render(sheetView(), pane('sheet'));
  city.draw();
}

/** Draw the side without moving the row under the pointer. */
function drawSide() {
  const host = pane('side');
  const scroller = host.querySelector('.rows');
  const anchor = host.querySelector('.rows li:hover');
  if (scroller instanceof HTMLElement) drawAround(scroller, anchor, () => render(sideView(), host));
  else render(sideView(), host);
}

/** One step back: the sheet, a refusal, the chosen incident. */
function back() {
  if (ui.isSheetOpen) ui.isSheetOpen = false;
  else if ([...outbox.writes.values()].some((write) => write.state === 'failed')) outbox.dropFailed();
  else choose(null);
  changed();
}

function bind() {
  keyboard.bind([
    { keys: ['ArrowDown', 'j'], group: 'sheet.board', label: 'key.down', hint: 1, when: () => document.activeElement?.id !== 'map', run: () => chooseNext(1) },
    { keys: ['ArrowUp', 'k'], group: 'sheet.board', label: 'key.up', hint: 2, when: () => document.activeElement?.id !== 'map', run: () => chooseNext(-1) },
    { keys: ['z'], group: 'sheet.map', label: 'key.zoom_chosen', hint: 3, when: () => ui.open !== null, run: () => city.showChosen() },
    { keys: ['0'], group: 'sheet.map', label: 'key.whole_city', hint: 4, run: () => city.showWhole() },
    { keys: ['m'], group: 'sheet.map', label: 'key.map', hint: 5, run: () => city.focus() },
    { keys: ['a'], group: 'sheet.map', label: 'key.all_agencies', hint: 6, when: isAnyHidden, run: showAllAgencies },
    { keys: ['q'], group: 'sheet.calls', label: 'key.acknowledge', hint: 0, when: () => firstAlarm() !== undefined, run: () => acknowledge() },
    { keys: ['?'], group: 'sheet.all', label: 'key.help', run: () => { ui.isSheetOpen = !ui.isSheetOpen; changed(); } },
    { keys: ['Escape'], group: 'sheet.all', label: 'key.back', hint: 9, when: () => ui.open !== null || ui.isSheetOpen, run: back },
  ]);
  keyboard.listen();
}

async function start() {
  setTimezone(config.center.timezone);
  onRender(draw);
  board.subscribe(() => changed());
  onLanguage(changed);
  bind();
  for (const name of ['keydown', 'click']) window.addEventListener(name, drawNow);
  setInterval(changed, TICK_MS / 2);
  setInterval(() => board.prune(now()), 60 * TICK_MS);
  changed();
  insist(loadWords);
  insist(() => city.loadZones());
  live.start(await insist(loadWall));
}

start();
