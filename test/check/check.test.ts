import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, REPO, SETTINGS } from '../../e2e/app.ts';
import { rbacKeelRules, rbacRules, rolloutRules } from '../../e2e/rbac.ts';
import { deployRollout } from '../../e2e/rollout/rollout.ts';
import { keelOn } from '../../e2e/scenarios/keel/keel.ts';
import { inScene } from '../image/scene.ts';
import { inSimWorld } from '../sim/world.ts';

/** The faults, as `area detail`. */
const faultsIn = (log: string) =>
  [...log.matchAll(/^\S+ fault +(.*)$/gm)].map(([, text = '']) => text.replace(/ +/g, ' '));

describe('action: check, native', () => {
  it('finds what only the registry and only the cluster know, in one run', () =>
    inScene(async ({ world, settings }) => {
      const step = world.step(
        { ...settings, action: 'check', workload: 'deployment/wob', guard: true },
        { DRONE_TAG: 'v1.1.1' },
      );
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      const faults = faultsIn(log);
      assert.match(faults[0] ?? '', /^settings `guard: true` needs the name/);
      assert.match(faults[1] ?? '', /^image There is no image \S+:1\.1\.1 in its registry\./);
      assert.deepEqual(faults.slice(2), ['workload There is no Deployment/wob.']);
      assert.deepEqual(step.writes(), []);
    }));

  it('gets past a release that runs already, and past what nobody watches', () =>
    inScene(async ({ world, settings }) => {
      const rules = rbacRules().filter(({ resources }) => !/proxy|log|configmaps/.test(resources.join()));
      const step = world.step(
        { ...settings, action: 'check', kubeconfig: await world.kubeconfig(rules) },
        { DRONE_TAG: 'v1.0.0' },
      );
      const { log } = await step.done;
      assert.match(
        log,
        / note +plan +Deployment\/web runs \S+:1\.0\.0 already: .* The rest is checked for another tag\./,
      );
      assert.ok(
        faultsIn(log).some((line) => /^watchers Nothing would notice/.test(line)),
        log,
      );
      assert.match(log, / ok +plan +Deployment\/web/);
    }));

  it('looks for the guard’s image as its pods would: without the credentials of the step', () =>
    inScene(
      async ({ world, registry, settings }) => {
        const more = {
          guard: true,
          guard_image: `${registry.host}/shop/web:1.0.0`,
          registry_username: 'ann',
        };
        const step = world.step({ ...settings, ...more, action: 'check', registry_password: 'pull-pa55' });
        const { log } = await step.done;
        assert.match(log, / ok +image +sha256:/);
        assert.match(log, / note +guard +\S+ needs credentials; .*\n +kubectl -n shop patch serviceaccount/);
      },
      { auth: { kind: 'basic', users: { ann: 'pull-pa55' } } },
    ));

  it('says of a cluster that does not answer that nothing of it was looked at', () =>
    inSimWorld(rbacRules(), async (world) => {
      const kubeconfig = { kubeconfig: undefined, server: 'http://127.0.0.1:1', token: 'x' };
      const { code, log } = await world.step({ ...SETTINGS, ...kubeconfig, action: 'check' }).done;
      assert.equal(code, 2);
      assert.match(log, / fault +cluster +The API server at http:\/\/127\.0\.0\.1:1 cannot be reached/);
      assert.match(log, / note +plan +It was not made, because the cluster cannot be used\./);
    }));
});

describe('action: check, argo', () => {
  it('names the plan, who watches, and the state of the Rollout', () =>
    inSimWorld(rolloutRules(), async (world) => {
      await deployRollout(world, { template: 'own' });
      const settings = { repo: REPO, workload: 'rollout/web', verify: 'false', action: 'check' };
      const step = world.step({ ...settings, unwatched: 'allow' });
      const { code, log } = await step.done;
      assert.equal(code, 0, log);
      assert.match(log, / ok +settings +\d are set, for the engine argo\n/);
      assert.match(log, / ok +rights +all \d+ that/);
      assert.match(log, / ok +plan +Rollout\/web/);
      assert.match(log, / ok +state +Rollout\/web/);
      assert.deepEqual(step.writes(), []);
    }));

  it('needs no right on Deployments if the Rollout has its own template', () =>
    inSimWorld(rolloutRules(), async (world) => {
      await deployRollout(world, { template: 'own' });
      const rules = rolloutRules().map((rule) => ({
        ...rule,
        verbs: rule.resources.includes('deployments')
          ? rule.verbs.filter((verb) => verb !== 'update')
          : rule.verbs,
      }));
      const settings = { repo: REPO, workload: 'rollout/web', verify: 'false', unwatched: 'allow' };
      const { log } = await world.step({
        ...settings,
        action: 'check',
        kubeconfig: await world.kubeconfig(rules),
      }).done;
      assert.match(log, / ok +rights +all/);
    }));

  it('tells a missing Rollout and missing rights together', () =>
    inSimWorld(rolloutRules(), async (world) => {
      const rules = rolloutRules().map((rule) =>
        rule.resources.includes('rollouts/status') ? { ...rule, verbs: [] } : rule,
      );
      const settings = { repo: REPO, workload: 'rollout/web', verify: 'false', action: 'check' };
      const { code, log } = await world.step({ ...settings, kubeconfig: await world.kubeconfig(rules) }).done;
      assert.equal(code, 2);
      const faults = faultsIn(log);
      assert.match(faults[0] ?? '', /^rights 1 of \d+ are missing: patch rollouts\/status\.argoproj\.io$/);
      assert.match(faults[1] ?? '', /^workload There is no Rollout\/web/);
    }));
});

describe('action: check, keel', () => {
  const ADMIN = { username: 'admin', password: 'correct-horse' };

  it('asks Keel for its version, and sends nothing', () =>
    inSimWorld(rbacKeelRules(), async (world) => {
      await deployApp(world, { deployment: { metadata: { annotations: { 'keel.sh/policy': 'all' } } } });
      const keel = await keelOn(world, { basicAuth: ADMIN });
      try {
        const settings = { repo: REPO, urls: keel.webhook, ...ADMIN, unwatched: 'allow' };
        const { code, log } = await world.step({ ...settings, action: 'check' }).done;
        assert.equal(code, 0, log);
        assert.match(log, / ok +keel +127\.0\.0\.1:\d+ answers/);
        assert.match(log, / ok +plan +What Keel will do:\n[\s\S]*web/);
        assert.deepEqual(keel.queued, []);
      } finally {
        await keel.close();
      }
    }));

  it('tells wrong credentials, a Keel that is not there, and a cluster that is not set', () =>
    inSimWorld(rbacKeelRules(), async (world) => {
      const keel = await keelOn(world, { basicAuth: ADMIN });
      try {
        const urls = [keel.webhook, 'http://127.0.0.1:1/v1/webhooks/native'];
        const settings = { repo: REPO, urls, username: 'admin', password: 'wrong', kubeconfig: undefined };
        const { code, log } = await world.step({ ...settings, namespace: undefined, action: 'check' }).done;
        assert.equal(code, 2);
        const faults = faultsIn(log);
        assert.match(faults[0] ?? '', /^keel 127\.0\.0\.1:\d+ does not accept `username`/);
        assert.match(faults[1] ?? '', /^keel 127\.0\.0\.1:1 does not answer: ECONNREFUSED/);
        assert.match(log, / note +cluster +None is read, so nobody watches the update\./);
        assert.deepEqual(keel.queued, []);
      } finally {
        await keel.close();
      }
    }));
});
