import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { deploymentOf, paths, REPO } from '../../../e2e/app.ts';
import { bootstrapRules, rolloutRules } from '../../../e2e/rbac.ts';
import { templatesPath } from '../../../e2e/rollout/analysis-template.ts';
import { deployRollout, rolloutsPath } from '../../../e2e/rollout/rollout.ts';
import { scenarios } from '../../../e2e/scenarios/argo/argo.ts';
import { scenarios as unseen } from '../../../e2e/scenarios/argo/argo-unseen.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

/** With the rights that `drone-promote rbac` gives, and no others. */
const RULES = rolloutRules();

const inWorld = (run: (world: SimWorld) => Promise<void>, rules = RULES) => inSimWorld(rules, run);

const SETTINGS = { repo: REPO, workload: 'rollout/web', verify: 'false' };

describe('the engine of Argo Rollouts, on a small controller', () => {
  const wanted = /gates are held|a bad image|aborted at each step|by its guard/;
  const canaries = unseen.filter(({ name }) => !name.includes('blue-green'));
  for (const { name, run } of [...scenarios.filter((each) => wanted.test(each.name)), ...canaries]) {
    it(name, () => inWorld(run));
  }

  it('refuses what is not there, and touches nothing', () =>
    inWorld(async (world) => {
      const before = world.cluster.store.version();
      const { code, log } = await world.step(SETTINGS).done;
      assert.equal(code, 2);
      assert.match(log, /REFUSED +\(\S+\) There is no Rollout\/web in namespace shop\.\n.*bootstrap: true/);
      assert.equal(world.cluster.store.version(), before);
    }));

  it('refuses what it has no container for, and what it may not do', () =>
    inWorld(async (world) => {
      await deployRollout(world, { template: 'own' });
      const before = world.cluster.store.version();
      const other = await world.step({ ...SETTINGS, repo: 'shop' }).done;
      assert.match(other.log, /REFUSED +\(\S+\) No container of Rollout\/web runs shop; it has app \(/);
      const kubeconfig = await world.kubeconfig(
        RULES.map((rule) => (rule.resources.includes('rollouts/status') ? { ...rule, verbs: [] } : rule)),
      );
      const weak = await world.step({ ...SETTINGS, kubeconfig }).done;
      assert.match(
        weak.log,
        /REFUSED +\(\S+\) The credentials lack rights .*: patch rollouts\/status\.argoproj\.io\./,
      );
      assert.equal(world.cluster.store.version(), before);
    }));

  // each refusal names the missing rights in one list and prints the Role that grants them, as for a
  // Deployment
  const forbidden: [what: string, settings: object, rights: RegExp][] = [
    ['a promotion', {}, /get, list, watch, patch, update rollouts\.argoproj\.io;/],
    ['a dry run', { dry_run: true }, /get, list, watch rollouts\.argoproj\.io;/],
    ['`status`', { action: 'status' }, /get, list rollouts\.argoproj\.io;/],
    ['an abort', { action: 'abort' }, /get, list, watch, patch rollouts\.argoproj\.io;/],
    ['a bootstrap', { bootstrap: true }, /get, list, watch, create, patch, delete rollouts\.argoproj\.io;/],
  ];
  for (const [what, settings, rights] of forbidden) {
    it(`names all rights that ${what} lacks, with the Role`, () =>
      inWorld(async (world) => {
        await deployRollout(world, { template: 'own' });
        const before = world.cluster.store.version();
        const kubeconfig = await world.kubeconfig([]);
        const { code, log } = await world.step({ ...SETTINGS, ...settings, kubeconfig }).done;
        assert.equal(code, 2, log);
        assert.match(log, rights);
        assert.match(log, /kind: Role\n[\s\S]*resources: \["rollouts"\]/);
        assert.doesNotMatch(log, /is forbidden/);
        assert.equal(world.cluster.store.version(), before);
      }));
  }

  it('names rights that it lacks for what the Rollout owns', () =>
    inWorld(async (world) => {
      await deployRollout(world, { template: 'own' });
      const kubeconfig = await world.kubeconfig(
        RULES.map((rule) => (rule.resources.includes('rollouts') ? rule : { ...rule, verbs: [] })),
      );
      const { log } = await world.step({ ...SETTINGS, kubeconfig }).done;
      assert.match(
        log,
        /REFUSED +\(\S+\) The credentials lack rights .*list, watch replicasets\.apps; list, watch pods/,
      );
    }));

  it('says before the start that the stable release is down, and names what rolls its fix out at once', () =>
    inWorld(async (world) => {
      await deployRollout(world, { template: 'own', tag: '1.0.0-ready20000' });
      const at = paths(world.namespace).pods;
      for (const { metadata } of await world.api.list(at)) await world.api.delete(`${at}/${metadata.name}`);
      await world.sleep(2000);
      const ill = /warning +Rollout\/web does not serve as it should: 0 of 4 pods .*`promote_full: true`/;
      const dry = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.match(dry.log, ill);
      const fix = await world.step({ ...SETTINGS, promote_full: true }).done;
      assert.equal(fix.code, 0, fix.log);
      assert.doesNotMatch(fix.log, ill);
    }));

  it('shows in a dry run what it would do, and writes nothing', () =>
    inWorld(async (world) => {
      await deployRollout(world, { template: 'workloadRef' });
      const before = world.cluster.store.version();
      const argo_dashboard = 'http://rollouts.example.com';
      const { code, log, outputs } = await world.step({ ...SETTINGS, argo_dashboard, dry_run: true }).done;
      assert.equal(code, 0);
      assert.deepEqual(
        [outputs.PROMOTE_WORKLOAD, outputs.PROMOTE_NAMESPACE, outputs.PROMOTE_FROM, outputs.PROMOTE_TO],
        ['rollout/web', world.namespace, '192.0.2.10:5000/shop/web:1.0.0', '192.0.2.10:5000/shop/web:1.1.0'],
      );
      assert.match(log, /update +Deployment\/web\n[\s\S]*- +- image: .*1\.0\.0\n.*\+ +- image: .*1\.1\.0\n/);
      const page = `http://rollouts.example.com/rollouts/rollout/${world.namespace}/web`;
      assert.equal(log.split(page).length - 1, 2, 'in the plan, and at the end');
      assert.match(log, /1\.0\.0 → .*1\.1\.0, in Deployment\/web/);
      assert.match(log, /SHOWN +The step would set the image to .*1\.1\.0/);
      assert.equal(world.cluster.store.version(), before);
    }));

  it('makes a Rollout and an AnalysisTemplate of a Deployment and checks, and undoes both', () =>
    inWorld(async (world) => {
      const at = paths(world.namespace);
      await world.api.create(at.deployments, deploymentOf('1.0.0', 2));
      const checks = [{ name: 'answers', url: 'http://web.example.com/' }];
      const settings = { workload: 'rollout/web', steps: ['10% 2s'], verify: 'false', checks };
      const made = await world.step({ ...settings, bootstrap: true }).done;
      assert.equal(made.code, 0, made.log);
      assert.match(
        made.log,
        /created +AnalysisTemplate\/web-checks\n[\s\S]*PROMOTED +Rollout\/web serves with 2/,
      );
      const [template] = await world.api.list(templatesPath(world.namespace));
      assert.equal(template?.spec.metrics[0].name, 'answers');
      const undone = await world.step({ ...settings, bootstrap: 'undo' }).done;
      assert.equal(undone.code, 0, undone.log);
      assert.deepEqual(await world.api.list(templatesPath(world.namespace)), []);
      assert.deepEqual(await world.api.list(rolloutsPath(world.namespace)), []);
    }, bootstrapRules()));

  for (const [what, steps, tag] of [
    ['a gate', [{ setWeight: 20 }, { pause: {} }], 'v1.1.0'],
    ['an abort', [{ setWeight: 20 }, { pause: { duration: '2s' } }], 'v1.1.0'],
  ] as const) {
    it(`is not stopped at ${what} by somebody who writes just then`, () =>
      inWorld(async (world) => {
        await deployRollout(world, { template: 'own', steps: [...steps] });
        const first = world.step(SETTINGS, { DRONE_TAG: tag });
        if (what === 'an abort') {
          await world.until('a step', () => first.log().includes('(2 of 2)'));
          await world.step({ ...SETTINGS, action: 'abort' }).done;
        }
        await first.done;
        const matches = ({ method, url = '' }: IncomingMessage) =>
          method === 'PATCH' && url.includes('rollouts/web/status');
        world.cluster.faults.add({ times: 1, matches, effect: { status: 409 } });
        const again = { ...SETTINGS, debug: true };
        const { code, log } = await world.step(again, { DRONE_TAG: tag }).done;
        assert.equal(code, 0, log);
        assert.match(log, /conflict[\s\S]*PROMOTED/);
      }));
  }

  it('judges errors where nobody else does, and says where it could not', () =>
    inWorld(async (world) => {
      await deployRollout(world, { template: 'own' });
      const unjudged = /measured +errors were not judged: ingress-nginx counted no requests on the canary/;
      assert.match((await world.step(SETTINGS).done).log, unjudged);
      const off = await world.step({ ...SETTINGS, false_alarm: 0 }, { DRONE_TAG: 'v1.2.0' }).done;
      assert.doesNotMatch(off.log, /judged/);
      const analysis = { templates: [{ templateName: 'web' }] };
      const rollout = `${rolloutsPath(world.namespace)}/web`;
      await world.api.patch(rollout, { spec: { strategy: { canary: { analysis } } } });
      const judged = await world.step(SETTINGS, { DRONE_TAG: 'v1.3.0' }).done;
      assert.match(judged.log, /PROMOTED/);
      assert.doesNotMatch(judged.log, /judged/);
    }));

  it('aborts where a check of the user’s own fails', async () => {
    let bad = false;
    const server = createServer((_, response) => response.writeHead(bad ? 500 : 200).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const checks = [{ name: 'answers', url, interval: '1s' }];
    try {
      await inWorld(async (world) => {
        await deployRollout(world, {
          template: 'own',
          steps: [{ setWeight: 50 }, { pause: { duration: '10s' } }],
        });
        const good = await world.step({ ...SETTINGS, checks }).done;
        assert.equal(good.code, 0, good.log);
        assert.match(good.log, /measured +answers \d/);
        bad = true;
        const { code, log } = await world.step({ ...SETTINGS, checks }, { DRONE_TAG: 'v1.2.0' }).done;
        assert.equal(code, 1, log);
        assert.match(log, /ABORTED +Check answers failed once: .*500/);
      });
    } finally {
      server.close();
    }
  });
});
