// The board store: whole rows, versions, what leaves the board and what is kept of it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Board } from '../../../static/js/board.js';

const incident = (values = {}) => ({ id: 7, version: 1, on_board: true, status: 'pending', number: '241124-0007', priority: 1, opened_at: '2024-11-24T03:00:00Z', closed_at: null, ...values });
const snapshot = (rows = {}) => ({ seq: 10, server_time: '2024-11-24T03:00:00Z', center: { code: 'x', name: 'X', location: { lat: 0, lon: 0 } }, calls: [], incidents: [], referrals: [], assignments: [], units: [], alarms: [], ...rows });

test('it takes a repeat of a frame without harm', () => {
  const board = new Board();
  board.load(snapshot({ incidents: [incident()] }));
  const rows = { incidents: [incident({ version: 2, status: 'active' })] };
  board.apply(rows, 11);
  board.apply(rows, 11);
  assert.equal(board.incidents.size, 1);
  assert.equal(board.incidents.get(7).status, 'active');
  assert.equal(board.seq, 11);
});

test('it ignores an older copy of a row', () => {
  const board = new Board();
  board.load(snapshot({ incidents: [incident({ version: 5, status: 'active' })] }));
  board.apply({ incidents: [incident({ version: 4 })] });
  assert.equal(board.incidents.get(7).status, 'active');
});

test('it keeps a closed incident aside and does not let a late copy reopen it', () => {
  const board = new Board();
  board.load(snapshot({ incidents: [incident({ version: 3, status: 'active' })] }));
  board.apply({ incidents: [incident({ version: 4, status: 'closed', on_board: false, closed_at: '2024-11-24T03:30:00Z' })] });
  board.apply({ incidents: [incident({ version: 3, status: 'active' })] });
  assert.equal(board.incidents.size, 0);
  assert.equal(board.closed.get(7).status, 'closed');
  assert.equal(board.incident(7).version, 4);
});

test('it forgets closed incidents after a day', () => {
  const board = new Board();
  board.loadClosed([incident({ status: 'closed', on_board: false, closed_at: '2024-11-24T03:30:00Z' })]);
  board.prune(Date.parse('2024-11-25T03:29:00Z'));
  assert.equal(board.closed.size, 1);
  board.prune(Date.parse('2024-11-25T03:31:00Z'));
  assert.equal(board.closed.size, 0);
});

test('it drops what a fresh snapshot no longer has', () => {
  const board = new Board();
  board.load(snapshot({ incidents: [incident(), incident({ id: 8 })] }));
  board.load(snapshot({ incidents: [incident({ id: 8 })] }));
  assert.deepEqual([...board.incidents.keys()], [8]);
});

test('it groups open assignments by incident, oldest first', () => {
  const board = new Board();
  const assignment = (id, values = {}) => ({ id, version: 1, on_board: true, incident: 7, status: 'dispatched', ...values });
  board.load(snapshot({ assignments: [assignment(2), assignment(1), assignment(3, { incident: 8 })] }));
  assert.deepEqual(board.assignmentsOf(7).map(({ id }) => id), [1, 2]);
  board.apply({ assignments: [assignment(1, { version: 2, status: 'cleared', on_board: false })] });
  assert.deepEqual(board.assignmentsOf(7).map(({ id }) => id), [2]);
});

test('it measures the time to answer once per call', () => {
  const board = new Board();
  const call = (values) => ({ id: 1, version: 1, on_board: true, status: 'ringing', rang_at: '2024-11-24T03:00:00Z', answered_at: null, ...values });
  board.load(snapshot({ calls: [call()] }));
  board.apply({ calls: [call({ version: 2, status: 'answered', answered_at: '2024-11-24T03:00:06Z' })] });
  board.apply({ calls: [call({ version: 3, status: 'ended', answered_at: '2024-11-24T03:00:06Z', on_board: false })] });
  assert.deepEqual([...board.answerSeconds.values()], [6]);
});
