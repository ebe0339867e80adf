import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import { stepEnvironment } from '../../e2e/step-environment.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { main } from '../../src/main.ts';
import { inSimWorld, type SimWorld } from '../sim/world.ts';

/** What `status --json` prints on the built-in cluster, and its exit code. */
async function statusJson(world: SimWorld, settings: Record<string, unknown> = {}) {
  let text = '';
  const code = await main({
    env: stepEnvironment({
      ...SETTINGS,
      action: 'status',
      namespace: 'shop',
      kubeconfig: await world.kubeconfig(rbacRules()),
      ...settings,
    }),
    clock: world.cluster.clock,
    write: (more) => {
      text += more;
    },
    isDocument: true,
    signal: new AbortController().signal,
  });
  return { code, document: JSON.parse(text) };
}

describe('report/status-document: status --json', () => {
  it('says the same as the text: what runs, the promotion, the last outcomes, and their rates', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const idle = await statusJson(world);
      assert.equal(idle.code, 0);
      assert.deepEqual(
        [idle.document.outcome, idle.document.progress, idle.document.history, idle.document.rates],
        ['shown', undefined, [], null],
      );
      const load = await world.load();
      const promotion = world.step({ ...SETTINGS, steps: ['20% 10m'] });
      await world.until('users are on the canary', async () => / weight +20 %/.test(promotion.log()));
      const { document } = await statusJson(world);
      assert.deepEqual(
        [document.workload, document.namespace, document.warnings],
        ['deployment/web', 'shop', []],
      );
      const { state, weight, stage, from, to, by } = document.progress;
      assert.deepEqual([state, weight, stage], ['promoting', 20, '20 %']);
      assert.match(document.lines[0], new RegExp(`^runs ${from}: `));
      assert.ok(
        document.lines[1].startsWith(
          `${to} is being promoted, at "20 %", with 20 % of the users, started by ${by}`,
        ),
      );
      assert.deepEqual(document.images, [from]);

      await world.step({ ...SETTINGS, action: 'abort' }).done;
      await promotion.done;
      await load.stop();
      const { document: after } = await statusJson(world);
      const [past, ...older] = after.history;
      assert.deepEqual([past.outcome, past.to, older], ['aborted', to, []]);
      const tookMs = Date.parse(past.at) - Date.parse(past.startedAt);
      assert.deepEqual(after.rates, { ended: 1, promoted: 0, failed: 1, restoredAfterMs: tookMs });
    }));

  it('is a document after a refusal, too, with the code and the command', () =>
    inSimWorld(rbacRules(), async (world) => {
      const { code, document } = await statusJson(world, { workload: 'deployment/nothing' });
      assert.equal(code, 2);
      assert.deepEqual(
        [document.outcome, document.code, document.reason, document.hints],
        [
          'refused',
          'workload',
          'There is no Deployment/nothing in namespace shop.',
          ['kubectl -n shop get deployments'],
        ],
      );
    }));

  it('has no card in it', async () => {
    let text = '';
    const env = { ...stepEnvironment({ action: 'status' }), DRONE_CARD_PATH: '/dev/stdout' };
    const write = (more: string) => {
      text += more;
    };
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
    await main({ env, clock, write, isDocument: true, signal: new AbortController().signal });
    assert.equal(JSON.parse(text).code, 'settings');
  });

  it('the log of `log_format: json` has the same data', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const { log } = await world.step({ ...SETTINGS, action: 'status', log_format: 'json' }).done;
      const line = log.split('\n').find((each) => each.includes('"word":"status"')) ?? '';
      const { type, rates, images, history } = JSON.parse(line).event;
      assert.deepEqual([type, rates, history, images.length], ['status', null, [], 1]);
    }));

  for (const [args, isDocument] of [
    [['--json'], true],
    [['--json=false'], false],
    [[], false],
  ] as const)
    it(`status ${args.join(' ')}`, () => {
      const all = ['status', '--workload', 'deployment/web', ...args];
      assert.equal(runCommand(all, {}).isDocument, isDocument);
    });

  it('only status knows the flag', () => {
    assert.match(
      runCommand(['abort', '--workload', 'deployment/web', '--json'], {}).err,
      /`json` is not a setting/,
    );
    assert.match(runCommand(['status', '--json=maybe'], {}).err, /--json is true or false/);
  });
});
