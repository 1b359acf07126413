// The small pure modules: numbers and times, the positions frame, the steady order.

import assert from 'node:assert/strict';
import test from 'node:test';
import { SteadyOrder } from '../../../static/js/console/order.js';
import { clock, duration, parseCoordinates, percentile, readable, setTimezone, shortNumber, zoneName } from '../../../static/js/format.js';
import { decodePositions } from '../../../static/js/map/positions.js';

test('it reads coordinates typed by hand, and nothing else', () => {
  assert.deepEqual(parseCoordinates('-7.26,112.74'), { lat: -7.26, lon: 112.74 });
  assert.deepEqual(parseCoordinates(' −7.26 112.74 '), { lat: -7.26, lon: 112.74 });
  for (const text of ['Tegalsari', '7', '-7.26,112.74,3', '-97,112', '-7,192', 'Jl. 7, 12']) assert.equal(parseCoordinates(text), null, text);
});

test('it writes durations, numbers and times as a dispatcher reads them', () => {
  assert.deepEqual([duration(7.9), duration(860), duration(3725), duration(-3)], ['0:07', '14:20', '1:02:05', '0:00']);
  assert.equal(shortNumber('241124-0412'), '0412');
  assert.equal(clock('2024-11-23T20:42:17Z'), '03:42:17');
  assert.equal(zoneName(), 'WIB');
  assert.equal(readable('PMK-34 di 0015 sejak 2024-11-23T20:42:17.901Z, oleh Dana.'), 'PMK-34 di 0015 sejak 03:42:17, oleh Dana.');
  setTimezone('Asia/Makassar');
  assert.equal(`${clock('2024-11-23T20:42:17Z')} ${zoneName()}`, '04:42:17 WITA');
  assert.equal(percentile([], 0.9), null);
  assert.equal(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 30], 0.9), 9);
});

test('it decodes a positions frame and refuses what is none', () => {
  const data = new ArrayBuffer(32);
  const view = new DataView(data);
  [...'SGP1'].forEach((letter, index) => view.setUint8(index, letter.charCodeAt(0)));
  view.setUint32(4, 1, true);
  view.setFloat64(8, 1732420000, true);
  view.setUint32(16, 42, true);
  view.setInt32(20, -72600000, true);
  view.setInt32(24, 1127400000, true);
  view.setUint8(28, 90);
  view.setUint8(29, 255);
  view.setUint16(30, 3, true);
  assert.deepEqual(decodePositions(data), [{ unit: 42, lat: -7.26, lon: 112.74, heading: 180, speed: null, at: 1732419997000 }]);
  assert.deepEqual(decodePositions(data.slice(0, 20)), []);
  assert.deepEqual(decodePositions(new ArrayBuffer(40)), []);
});

test('it keeps rows where they are while the list is in use, and sorts when it is not', () => {
  const order = new SteadyOrder();
  const place = (...ids) => ids.map((id) => ({ id, section: id < 10 ? 'pending' : 'active' }));
  const ids = (placed) => placed.map(({ id }) => id);
  const all = () => true;
  assert.deepEqual(ids(order.arrange(place(1, 2, 11), all)), [1, 2, 11]);
  order.use();
  assert.deepEqual(ids(order.arrange(place(3, 2, 1, 11), all)), [1, 2, 11, 3]);
  const moved = order.arrange([{ id: 2, section: 'pending' }, { id: 1, section: 'active' }, { id: 11, section: 'active' }, { id: 3, section: 'pending' }], all);
  assert.equal(moved.find(({ id }) => id === 1).section, 'pending');
  const later = performance.now() + 3001;
  const real = performance.now;
  performance.now = () => later;
  assert.deepEqual(ids(order.arrange(place(3, 2, 1, 11), all)), [3, 2, 1, 11]);
  performance.now = real;
});
