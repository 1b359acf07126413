// The outbox: the same key until the server has answered, refusals kept in words.

import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';

globalThis.document = { getElementById: () => null, querySelector: () => null, documentElement: { lang: 'id' } };
globalThis.addEventListener = () => undefined;
globalThis.removeEventListener = () => undefined;
const { ApiError, Outbox, newKey } = await import('../../../static/js/api.js');

/** @type {{key: string, body: string}[]} */
let asked = [];
/** @param {(Response|Error)[]} answers */
function server(answers) {
  asked = [];
  globalThis.fetch = async (_url, { headers, body }) => {
    asked.push({ key: headers['Idempotency-Key'], body });
    const answer = answers[Math.min(asked.length - 1, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
}
const json = (status, body) => new Response(JSON.stringify(body), { status });
beforeEach(() => {
  globalThis.setTimeout = (work) => setImmediate(work);
});

test('it sends the same key and body again after a cut line and a restarting server', async () => {
  server([new TypeError('cut'), json(503, {}), json(201, { id: 1 })]);
  const states = [];
  const outbox = new Outbox(() => states.push([...outbox.writes.values()].map((write) => write.state).join()));
  assert.deepEqual(await outbox.send({ path: 'incidents', body: { type: 'fire' }, tag: 'x', label: 'x' }), { id: 1 });
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked.map(({ key, body }) => key + body)).size, 1);
  assert.ok(states.includes('queued'));
  assert.equal(outbox.writes.size, 0);
});

test('it keeps a refusal in the words of the server and does not try again', async () => {
  server([json(409, { error: { code: 'unit_not_available', message: 'PMK-01 di 0391 sejak 03:40', fields: { incident: 3 } } })]);
  const outbox = new Outbox(() => undefined);
  await assert.rejects(outbox.send({ path: 'x', tag: 'assign:PMK-01', label: 'x' }), (error) => error instanceof ApiError && error.code === 'unit_not_available' && error.fields.incident === 3);
  assert.equal(asked.length, 1);
  assert.equal(outbox.about('assign:PMK-01').error, 'PMK-01 di 0391 sejak 03:40');
  outbox.dropFailed();
  assert.equal(outbox.writes.size, 0);
});

test('it gives up on a server that fails at this very request', async () => {
  server([json(500, {})]);
  const outbox = new Outbox(() => undefined);
  await assert.rejects(outbox.send({ path: 'x', tag: 'x', label: 'x' }));
  assert.ok(asked.length > 1 && asked.length < 10);
});

test('it makes keys that differ', () => {
  assert.notEqual(newKey(), newKey());
});
