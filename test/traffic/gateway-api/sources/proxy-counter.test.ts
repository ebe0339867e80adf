import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { total } from '../../../../src/analysis/source/counts.ts';
import {
  createProxyCounter,
  type ProxyCounter,
} from '../../../../src/traffic/gateway-api/sources/proxy-counter.ts';
import { createSides, type Sides } from '../../../../src/traffic/gateway-api/sources/sides.ts';
import { type VirtualClock, virtualClock } from '../../../sim/virtual-clock.ts';
import { proxyLine } from './helpers.ts';

const STAMP = '2026-11-29T12:55:03.123456789Z';
const MOST_MS = 10_500;

interface Setup {
  clock: VirtualClock;
  sides: Sides;
  counter: ProxyCounter;
  write(...lines: string[]): void;
}

function slice(service: string, ...addresses: string[]) {
  return {
    metadata: { labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: [{ addresses }],
  };
}

function setUp(t: TestContext): Setup {
  const clock = virtualClock(0);
  t.after(() => clock.stop());
  const sides = createSides([{ stable: 'web', canary: 'web-canary' }]);
  const counter = createProxyCounter({
    isOurs: (route) => route.startsWith('httproute/shop/web/rule/'),
    sideOf: sides.of,
    mostMs: () => MOST_MS,
    clock,
    onRate: () => {},
  });
  const { take } = counter.replica();
  const write = (...lines: string[]) => {
    for (const text of lines) take({ stamp: STAMP, text });
  };
  return { clock, sides, counter, write };
}

function counts({ counter }: Setup): [stable: number, canary: number, failed: number] {
  const poll = counter.reading();
  if ('unavailable' in poll) throw new Error(poll.unavailable);
  const { stable, canary } = total(poll.reading);
  return [stable.requests, canary.requests, canary.failed];
}

const at = (address: string, over: object = {}) => proxyLine({ upstream_host: `${address}:8080`, ...over });

describe('traffic/gateway-api/sources/proxy-counter', () => {
  it("tells the sides apart by the pods' addresses, and leaves out other routes and Envoy's own lines", (t) => {
    const setup = setUp(t);
    setup.sides.take([
      slice('web', '10.244.0.1', '10.244.0.2'),
      slice('web-canary', '10.244.0.3'),
      slice('blog', '10.244.0.9'),
    ]);
    setup.write(
      at('10.244.0.1'),
      at('10.244.0.2'),
      at('10.244.0.3'),
      at('10.244.0.3', { response_code: 503 }),
      at('10.244.0.9'),
      at('10.244.0.3', { route_name: 'httproute/other/web/rule/0/match/0/x' }),
      proxyLine({ upstream_host: null, response_code: 503 }),
      '[2026-11-29 12:54:56.482][205][warning] rejected',
    );
    assert.deepEqual(counts(setup), [2, 2, 1]);
  });

  it('a pod that is gone keeps its side, because its lines come late', (t) => {
    const setup = setUp(t);
    setup.sides.take([slice('web', '10.244.0.1'), slice('web-canary', '10.244.0.3')]);
    setup.sides.take([slice('web', '10.244.0.1')]);
    setup.write(at('10.244.0.3', { response_code: 500 }));
    assert.deepEqual(counts(setup), [0, 1, 1]);
  });

  it('an address that another pod has got counts for that one', (t) => {
    const setup = setUp(t);
    setup.sides.take([slice('web-canary', '10.244.0.3')]);
    setup.sides.take([slice('web', '10.244.0.3')]);
    setup.write(at('10.244.0.3'));
    assert.deepEqual(counts(setup), [1, 0, 0]);
  });

  it('a line that comes before its pod is known is counted when it is, and forgotten after 10 s', async (t) => {
    const setup = setUp(t);
    setup.write(at('10.244.0.3'));
    setup.counter.settle();
    assert.deepEqual(counts(setup), [0, 0, 0]);
    setup.sides.take([slice('web-canary', '10.244.0.3')]);
    setup.counter.settle();
    assert.deepEqual(counts(setup), [0, 1, 0]);
    setup.write(at('10.244.0.4'));
    await setup.clock.sleep(10_001);
    setup.counter.settle();
    setup.sides.take([slice('web-canary', '10.244.0.4')]);
    setup.counter.settle();
    assert.deepEqual(counts(setup), [0, 1, 0]);
  });

  it('is as late as the proxy that has written nothing for the longest time, and never later than a flush', async (t) => {
    const { counter, clock, write } = setUp(t);
    assert.deepEqual(counter.late(), { nowMs: MOST_MS, mostMs: MOST_MS });
    write(proxyLine());
    assert.equal(counter.late().nowMs, 0);
    await clock.sleep(700);
    write('[2026-11-29 12:54:56.482][205][warning] rejected');
    assert.equal(counter.late().nowMs, 700);
    const second = counter.replica();
    assert.equal(counter.late().nowMs, MOST_MS);
    second.take({ stamp: STAMP, text: proxyLine() });
    assert.equal(counter.late().nowMs, 700);
    await clock.sleep(20_000);
    assert.equal(counter.late().nowMs, MOST_MS);
  });

  it('fifty lines in another format: it says which fields it lacks', (t) => {
    const { counter, write } = setUp(t);
    write(...Array.from({ length: 50 }, () => '{"status":200}'));
    const poll = counter.reading();
    assert.match('unavailable' in poll ? poll.unavailable : '', /lacks the fields `route_name`/);
    write(proxyLine());
    assert.ok('reading' in counter.reading());
  });
});
