// The live socket against a socket made here: gaps, repeats, silence, resync. Time is the test's.

import assert from 'node:assert/strict';
import test, { beforeEach, mock } from 'node:test';

/** @type {FakeSocket[]} */
let sockets = [];
class FakeSocket {
  static OPEN = 1;
  readyState = 1;
  constructor(url) {
    this.url = url;
    sockets.push(this);
  }
  close() {
    this.isClosed = true;
  }
  hear(message) {
    this.onmessage({ data: typeof message === 'string' || message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
}
let clock = 0;
globalThis.WebSocket = FakeSocket;
globalThis.location = { protocol: 'https:', host: 'siaga.example' };
globalThis.addEventListener = () => undefined;
performance.now = () => clock;

const { Live } = await import('../../../static/js/live.js');

function start(seq = 10, resync = async () => 50) {
  const heard = { frames: [], positions: 0, states: [], resyncs: 0 };
  const live = new Live('/ws/live', {
    frame: (frame) => heard.frames.push(frame.seq), positions: () => heard.positions++, time: () => undefined, state: (state) => heard.states.push(state),
    resync: async () => { heard.resyncs++; return resync(); },
  });
  live.start(seq);
  sockets[0].hear({ type: 'hello', seq, server_time: '2024-11-24T03:00:00Z' });
  return { live, heard };
}
function pass(ms) {
  for (let left = ms; left > 0; left -= 100) {
    clock += 100;
    mock.timers.tick(100);
  }
}
const settle = () => new Promise((done) => setImmediate(done));
const frame = (since, seq) => ({ type: 'frame', since, seq, entries: [], rows: {} });

beforeEach(() => {
  sockets = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});

test('it connects securely with the seq it has', () => {
  start(10);
  assert.equal(sockets[0].url, 'wss://siaga.example/ws/live?since=10');
});

test('it applies the next frame and ignores an old one', () => {
  const { live, heard } = start(10);
  sockets[0].hear(frame(10, 12));
  sockets[0].hear(frame(9, 11));
  sockets[0].hear(frame(11, 13));
  assert.deepEqual(heard.frames, [12, 13]);
  assert.equal(live.seq, 13);
});

test('it reconnects from its last seq on a gap', () => {
  const { heard } = start(10);
  sockets[0].hear(frame(12, 13));
  assert.deepEqual(heard.frames, []);
  assert.ok(sockets[0].isClosed);
  pass(1000);
  assert.equal(sockets[1].url.split('since=')[1], '10');
});

test('it notices over two beats that a frame was lost', () => {
  start(10);
  sockets[0].hear({ type: 'beat', seq: 11 });
  assert.ok(!sockets[0].isClosed);
  sockets[0].hear({ type: 'beat', seq: 11 });
  assert.ok(sockets[0].isClosed);
});

test('it says stale after five silent seconds, and live again when it hears', () => {
  const { heard } = start(10);
  pass(4500);
  assert.deepEqual(heard.states, ['live']);
  pass(1000);
  assert.deepEqual(heard.states, ['live', 'stale']);
  while (sockets.length < 2) pass(100);
  sockets.at(-1).hear({ type: 'hello', seq: 10 });
  assert.equal(heard.states.at(-1), 'live');
});

test('it loads everything anew on resync, and when the server is behind us', async () => {
  const { live, heard } = start(10);
  sockets[0].hear({ type: 'resync', seq: 40 });
  await settle();
  assert.equal(heard.resyncs, 1);
  assert.equal(live.seq, 50);
  sockets.at(-1).hear({ type: 'hello', seq: 3 });
  await settle();
  assert.equal(heard.resyncs, 2);
});

test('it stops for good when the session was revoked', () => {
  const { heard } = start(10);
  sockets[0].onclose({ code: 4401 });
  pass(20000);
  assert.deepEqual(heard.states, ['live', 'revoked']);
  assert.equal(sockets.length, 1);
});

test('it tries again after a closed socket, without end', () => {
  start(10);
  for (let round = 0; round < 8; round++) {
    sockets.at(-1).onclose({ code: 1006 });
    pass(9000);
  }
  assert.ok(sockets.length >= 8);
});

test('it hands positions on as they are', () => {
  const { heard } = start(10);
  sockets[0].hear(new ArrayBuffer(16));
  assert.equal(heard.positions, 1);
});

test('it moves over at once when its process is about to end, and stays live', () => {
  const { live, heard } = start(10);
  sockets[0].hear(frame(10, 11));
  sockets[0].onclose({ code: 1012 });
  pass(100);
  assert.equal(sockets.length, 2);
  assert.equal(sockets[1].url.split('since=')[1], '11');
  sockets[1].hear({ type: 'hello', seq: 11 });
  sockets[1].hear(frame(11, 12));
  assert.equal(live.seq, 12);
  assert.deepEqual(heard.states, ['live']);
});
