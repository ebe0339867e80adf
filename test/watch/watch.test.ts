import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../e2e/app.ts';
import { type Rule, rbacRules } from '../../e2e/rbac.ts';
import { plainScreen, type Screen } from '../../src/watch/screen.ts';
import { type WatchRequest, watch } from '../../src/watch/watch.ts';
import { renderWatchPage } from '../../src/watch/web/page.ts';
import { inSimWorld, type SimWorld } from '../sim/world.ts';

/** Watches on the built-in cluster, as a file would get it. */
async function watching(world: SimWorld, rules: readonly Rule[], request: Partial<WatchRequest> = {}) {
  let text = '';
  const cancel = new AbortController();
  const pages: string[] = [];
  const lines = plainScreen((more) => {
    text += more;
  });
  const screen: Screen = {
    show(picture) {
      lines.show(picture);
      pages.push(renderWatchPage(picture, 'shop deployment/web'));
    },
  };
  const access = { kubeconfig: await world.kubeconfig(rules) };
  const code = watch(
    { access, keels: [], namespace: 'shop', workload: undefined, untilDone: true, ...request },
    { clock: world.cluster.clock, signal: cancel.signal, screen },
  );
  return { code, pages, text: () => text.replaceAll(/^\S+ /gm, ''), end: () => cancel.abort() };
}

const READING: Rule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list'], namespace: 'shop' },
];
const STEPS = { ...SETTINGS, steps: ['20% 10s', 'hold', '60% 10m'] };
const OPEN = { workload: { kind: 'deployment', name: 'web' } };

describe('watch on the built-in cluster', () => {
  it('follows a promotion to its hold, and then through an abort, as a step would end', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const load = await world.load();
      const promotion = world.step(STEPS);
      await world.until('it has begun', async () => (await world.api.list(LEASES)).length > 0);
      const held = await watching(world, READING, OPEN);
      assert.equal(await held.code, 0);
      assert.equal((await promotion.done).outputs.PROMOTE_OUTCOME, 'held');
      const shown = held.text();
      assert.match(
        shown,
        /^shop {2}deployment\/web {2}promoting at 20 %, web:1\.1\.0, stage \d of \d+ "20 %"$/m,
      );
      assert.match(shown, /^shop {2}deployment\/web {2}held at 20 %, web:1\.1\.0, stage \d of \d+ "hold"$/m);
      assert.match(shown, /^ {2}the lock is held by build 77 by ann/m);
      const page = held.pages.at(-1) ?? '';
      // the step that measured is gone; the chart and the counts come from the record that it left
      assert.match(page, /The weights that were written: [\d:]+ 1 %, [\d:]+ 20 %/);
      assert.match(
        page,
        /<td>20\s%<\/td>[\s\S]*no difference that matters[\s\S]*<td class="n">0\sof\s\d+\s\(0\s%\)<\/td>/,
      );
      assert.match(shown, /^Rollouts are not shown, because these credentials may not list them\.$/m);

      const again = world.step(STEPS, { DRONE_BUILD_NUMBER: '78' });
      await world.sleep(5_000);
      const aborted = await watching(world, READING);
      await world.sleep(3_000);
      assert.equal((await world.step({ ...STEPS, action: 'abort' }).done).code, 0);
      assert.equal(await aborted.code, 1);
      await again.done;
      await load.stop();
      assert.match(aborted.text(), /web {2}going back at 0 %, web:1\.1\.0, stage \d of \d+ "weight 0"$/m);
      assert.match(aborted.text(), /web {2}\S+ aborted 1\.1\.0 \(production stayed 1\.0\.0\)/m);
      assert.equal(await (await watching(world, READING, OPEN)).code, 1, 'the last outcome');
    }));

  it('shows the counts of the running stage, also after the step was killed', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const load = await world.load();
      const killed = world.stepKilledAt({ ...SETTINGS, steps: ['20% 10m'] }, { write: 40, when: 'after' });
      await world.until('it has begun', async () => (await world.api.list(LEASES)).length > 0);
      const { text, pages, code, end } = await watching(world, READING, { ...OPEN, untilDone: false });
      await killed.done;
      const died = text().length;
      await world.sleep(130_000);
      end();
      await code;
      await load.stop();
      const counts =
        /^shop {2}deployment\/web {2}canary 0 of ([\d,]+) failed, stable 0 of [\d,]+; the canary got/gm;
      // once a minute, from the first counts on
      const numbers = [...text().matchAll(counts)].map(([, each = '']) => Number(each.replace(',', '')));
      assert.ok(numbers.length >= 3, text());
      assert.ok(
        numbers.every((each, index) => each >= (numbers[index - 1] ?? 0)),
        `${numbers}`,
      );
      assert.match(text().slice(died), /the holder has not renewed the lock in time/);
      assert.match(text().slice(died), counts, 'the Lease has the counts');
      const page = pages.at(-1) ?? '';
      assert.match(page, /\(so far\)/);
      assert.match(page, /<svg [^>]*>\s*<title[^>]*>Share of failed requests in the current stage/);
    }));

  it('ends at once if nothing is in progress, and by the user', () =>
    inSimWorld(rbacRules(), async (world) => {
      const idle = await watching(world, READING);
      assert.equal(await idle.code, 0);
      assert.match(idle.text(), /^no promotion is in progress in shop$/m);
      const open = await watching(world, READING, { untilDone: false });
      await world.sleep(10_000);
      open.end();
      assert.equal(await open.code, 0);
    }));

  it('ends by the user although the API server does not answer', () =>
    inSimWorld(rbacRules(), async (world) => {
      world.cluster.faults.add({ times: 100, matches: () => true, effect: { delay: 3_600_000 } });
      const { code, end } = await watching(world, READING);
      await world.sleep(1_000);
      const asked = world.now();
      end();
      assert.equal(await code, 0);
      assert.ok(world.now() - asked < 2_000);
    }));

  const everywhere = { ...READING[0], namespace: undefined } as unknown as Rule;
  const list = { apiGroups: [''], resources: ['namespaces'], verbs: ['list'] };
  const places: [what: string, rules: Rule[], where: string][] = [
    ['all namespaces with one request', [{ ...everywhere }], 'all namespaces'],
    ['those of the list that it may read', [list, ...READING], 'shop'],
  ];
  for (const [what, rules, where] of places) {
    it(`without a namespace it looks in ${what}`, () =>
      inSimWorld(rbacRules(), async (world) => {
        for (const name of ['shop', 'other'])
          await world.api.create('/api/v1/namespaces', { metadata: { name } }).catch(() => {});
        const { code, text } = await watching(world, rules, { namespace: undefined });
        assert.equal(await code, 0);
        assert.match(text(), new RegExp(`in progress in ${where}$`, 'm'));
      }));
  }

  it('says which right is missing', () =>
    inSimWorld(rbacRules(), async (world) => assert.rejects((await watching(world, [])).code, /leases/)));

  it('keeps the picture while the API server is away, and says so', () =>
    inSimWorld(rbacRules(), async (world) => {
      const { code, text, end } = await watching(world, READING, { untilDone: false });
      await world.sleep(3_000);
      world.cluster.faults.add({
        times: 100,
        matches: ({ url = '' }) => url.includes('/leases'),
        effect: { status: 500 },
      });
      await world.sleep(120_000);
      end();
      await code;
      assert.match(text(), /^The newest look failed: /m);
    }));
});

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/shop/leases';
