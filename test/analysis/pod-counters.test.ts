import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { offersMetrics, type PodsBySide, pollPods } from '../../src/analysis/pod-counters.ts';
import { total } from '../../src/analysis/source/counts.ts';
import { clientOf, serve } from '../cluster/helpers.ts';

const SETTINGS = { port: 8080, counter: undefined, label: undefined, failures: undefined };

function pod(name: string, { ready = true, going = false } = {}): Pod {
  return {
    metadata: {
      name,
      uid: name,
      namespace: 'shop',
      ...(going ? { deletionTimestamp: '2026-11-24T12:00:00Z' } : {}),
    },
    spec: { containers: [{ name: 'app' }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

const page = (good: number, bad: number) =>
  `http_requests_total{code="200"} ${good}\nhttp_requests_total{code="500"} ${bad}\n`;

/** Looks once, at a cluster where each pod answers as `pages` has it, with 503 where it has nothing. */
async function look(
  t: TestContext,
  pods: Partial<PodsBySide>,
  pages: Record<string, string>,
  settings: Partial<Record<keyof typeof SETTINGS, unknown>> = {},
) {
  const asked: string[] = [];
  const cluster = await clientOf(
    await serve(t, (request, response) => {
      const name = /pods\/([^:]+):/.exec(request.url ?? '')?.[1] ?? '';
      asked.push(name);
      const text = pages[name];
      response
        .writeHead(text === undefined ? 503 : 200, { 'Content-Type': 'text/plain' })
        .end(text ?? 'away');
    }),
  );
  const all = { stable: [], canary: [], baseline: [], ...pods };
  const found = await pollPods(cluster, () => all, { ...SETTINGS, ...settings } as typeof SETTINGS)();
  return { found, asked };
}

describe('analysis/pod-counters', () => {
  it('reads the counters of each side', async (t) => {
    const { found } = await look(
      t,
      { stable: [pod('s1'), pod('s2')], canary: [pod('c1')] },
      { s1: page(90, 1), s2: page(80, 0), c1: page(10, 5) },
    );
    assert.ok('reading' in found, JSON.stringify(found));
    const { stable, canary } = total(found.reading);
    assert.deepEqual([stable.requests, stable.failed, canary.requests, canary.failed], [171, 1, 15, 5]);
  });

  it('leaves pods alone that are not ready, or are going', async (t) => {
    const pods = [pod('a'), pod('b', { ready: false }), pod('c', { going: true })];
    assert.deepEqual((await look(t, { stable: pods }, { a: page(1, 0) })).asked, ['a']);
  });

  it('reads eight of many, the same ones at each look', async (t) => {
    const many = Array.from({ length: 40 }, (_, index) => pod(`s${String(index).padStart(2, '0')}`));
    const { asked } = await look(t, { stable: many.toReversed() }, {});
    assert.deepEqual(
      asked.sort(),
      many.slice(0, 8).map(({ metadata }) => metadata?.name),
    );
  });

  const page1 = 'shop_orders{outcome="lost"} 3\nshop_orders{outcome="done"} 7\n';
  it('counts by the counter, the label and the failures that the user names', async (t) => {
    const named = { counter: 'shop_orders', label: 'outcome', failures: ['lost'] };
    const { found } = await look(t, { canary: [pod('c1')] }, { c1: page1 }, named);
    assert.ok('reading' in found, JSON.stringify(found));
    assert.equal(total(found.reading).canary.failed, 3);
  });

  const silent: [what: string, pages: Record<string, string>, settings: object, message: RegExp][] = [
    ['nobody answers', {}, {}, /away|503/],
    ['no counter is known', { c1: page1 }, {}, /no known request counter; set `metrics_counter`/],
    [
      'no label tells failures',
      { c1: 'http_requests_total 7\n' },
      {},
      /has no label that shows failures; set `metrics_label`/,
    ],
  ];
  for (const [what, pages, settings, message] of silent) {
    it(`says why it counts nothing where ${what}`, async (t) => {
      const { found } = await look(t, { canary: [pod('c1')] }, pages, settings);
      assert.match('unavailable' in found ? found.unavailable : '', message);
    });
  }

  it('has nothing to look at without a port and annotations', async (t) => {
    const { found } = await look(t, { canary: [pod('c1')] }, {}, { port: undefined });
    assert.deepEqual(found, { unavailable: 'no ready pod offers metrics.' });
    assert.equal(
      offersMetrics([pod('c1')], { ...SETTINGS, port: undefined } as unknown as typeof SETTINGS),
      false,
    );
    assert.equal(offersMetrics([pod('c1')], SETTINGS), true);
  });
});
