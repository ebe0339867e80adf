import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { rbacKeelRules } from '../../../../e2e/rbac.ts';
import { startLoad } from '../../../sim/world.ts';
import { addRoute, addWorkload, hostOf, IMAGE, type KeelWorld, worldsIn } from '../outcome-helpers.ts';

const open: { stop(): Promise<unknown> }[] = [];
const world = worldsIn(open as { stop(): Promise<void> }[]);

/** A world with routes to these workloads; `users` send requests. */
async function routed(names: readonly string[], users: readonly string[], rate = 150): Promise<KeelWorld> {
  const at = await world();
  for (const name of names) {
    if (name !== 'web') addWorkload(at.cluster, 'deployments', name, { 'keel.sh/policy': 'all' });
    addRoute(at.cluster, name);
  }
  await at.cluster.clock.sleep(8000);
  for (const name of users) open.unshift(startLoad(at.cluster, { host: hostOf(name), path: '/', rate }));
  return at;
}

const watched = { unwatched: undefined };

describe('keel without checks, with users', () => {
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
  });

  it('judges each workload by its own routes, and brings all of them back', async () => {
    const at = await routed(['web', 'api'], ['api']);
    const run = at.step({ ...watched, tag: '1.0.1-err50' });
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /the access log of ingress-nginx, for deployment\/shop\/api: \d+ requests/);
    assert.match(
      run.log(),
      /ABORTED +deployment\/shop\/api: The release fails more than the version before it/,
    );
    assert.deepEqual([at.image(), at.image('api')], [`${IMAGE}:1.0.0`, `${IMAGE}:1.0.0`]);
  });

  it('one that is watched is enough; the outcome names the others', async () => {
    const at = await routed(['web'], ['web']);
    addWorkload(at.cluster, 'cronjobs', 'nightly', { 'keel.sh/policy': 'all' });
    const run = at.step(watched);
    assert.equal(await run.done, 0, run.log());
    assert.match(
      run.log(),
      /PROMOTED .*cronjob\/shop\/nightly was unwatched: nothing would have noticed a bad release there/,
    );
    assert.match(run.log(), /measured +deployment\/shop\/web: 0 of \d+ requests failed on the release/);
  });

  it('an idle service is not waited for, and the outcome says that nothing was compared', async () => {
    const at = await routed(['web'], []);
    const begun = at.cluster.clock.now();
    const run = at.step(watched);
    assert.equal(await run.done, 0, run.log());
    assert.match(
      run.log(),
      /The requests of deployment\/shop\/web were not compared: no request was seen before the update/,
    );
    assert.ok(at.cluster.clock.now() - begun < 12_000);
  });

  it('a few users are compared until `bake` is over', async () => {
    const at = await routed(['web'], ['web'], 1);
    const run = at.step({ ...watched, bake: '30s' });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /waiting +for requests to compare the release with/);
    assert.match(run.log(), /measured +deployment\/shop\/web: 0 of (29|3\d) requests failed on the release/);
  });

  it('without the right to update: warned before, and stuck after a bad release', async () => {
    const at = await routed(['web'], ['web']);
    const rules = rbacKeelRules().filter(({ verbs }) => !verbs.includes('update'));
    const kubeconfig = at.cluster.kubeconfig('reads', rules);
    const run = at.step({ ...watched, kubeconfig, tag: '1.0.1-err50' });
    assert.equal(await run.done, 3, run.log());
    assert.match(
      run.log(),
      /warning +A bad release would be found, but not brought back, because the credentials may not update deployment\/shop\/web/,
    );
    assert.match(
      run.log(),
      /STUCK +deployment\/shop\/web: The release fails more[\s\S]*could not restore the previous images[\s\S]*rollout undo deployment\/web/,
    );
  });

  it('without the rights to see requests: refused, with the command', async () => {
    const at = await routed(['web'], ['web']);
    const kubeconfig = at.cluster.kubeconfig('reads', rbacKeelRules({ watches: false }));
    const run = at.step({ ...watched, kubeconfig });
    assert.equal(await run.done, 2, run.log());
    assert.match(
      run.log(),
      /REFUSED +\(unwatched\)[\s\S]*may not `list` services[\s\S]*drone-promote rbac --urls \S+ --namespace shop \|/,
    );
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  it('reads the pods’ own counters if nothing else can be read', async () => {
    const at = await routed(['web'], ['web']);
    const rules = rbacKeelRules().filter(({ namespace }) => namespace !== 'ingress-nginx');
    const kubeconfig = at.cluster.kubeconfig('no-router', rules);
    const run = at.step({
      ...watched,
      kubeconfig,
      tag: '1.0.1-err50',
      metrics_port: 8080,
      metrics_counter: 'http_requests_total',
    });
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /ABORTED .*by the pods' own counters \d+ of \d+ requests failed on the release/);
  });

  const unwatched: [what: string, settings: Record<string, unknown>, why: RegExp][] = [
    [
      'without a kubeconfig',
      { kubeconfig: undefined, namespace: undefined },
      /this step does not read the cluster/,
    ],
    ['with wait: sent', { wait: 'sent' }, /`wait: sent` does not wait for it/],
  ];
  for (const [what, settings, why] of unwatched) {
    it(`${what}, it is not refused, and unwatched`, async () => {
      const at = await routed(['web'], []);
      const run = at.step({ ...watched, ...settings });
      assert.equal(await run.done, 0, run.log());
      assert.match(
        run.log(),
        /PROMOTED .*It was unwatched: nothing would have noticed a bad release, because /,
      );
      assert.match(run.log(), why);
    });
  }

  it('bake: 0 without checks watches nothing, so it is refused', async () => {
    const at = await routed(['web'], ['web']);
    const run = at.step({ ...watched, bake: '0s' });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /the requests of the users: `bake: 0` turns their judge off/);
  });
});
