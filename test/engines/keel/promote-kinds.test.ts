import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Any } from '../../sim/api-server/store.ts';
import { startKeel } from '../../sim/keel.ts';
import { ADMIN, addWorkload, IMAGE, type KeelWorld, worldsIn } from './outcome-helpers.ts';

const open: { stop(): Promise<void> }[] = [];

const world = worldsIn(open);

const GATED = { 'keel.sh/approvals': '1' };
const adminOnly = { kubeconfig: undefined, namespace: undefined };

/** Changes an object of the store as a controller or a person would. */
function change({ cluster }: KeelWorld, plural: string, name: string, by: (object: Any) => void): void {
  const object: Any = structuredClone(cluster.store.get(plural, 'shop', name));
  by(object);
  cluster.store.put(plural, object);
}

describe('keel with an outcome, of all kinds', () => {
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
  });

  it('with Keel’s list alone: it is not ready before its pods are, whatever the list said at first', async () => {
    const at = await world(GATED);
    const run = at.step({ ...adminOnly, tag: '1.0.1-ready4000' });
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    await at.vote('ann', 'approve', 'deployment/shop/web:1.0.1-ready4000');
    assert.equal(await run.done, 0, run.log());
    const { status }: Any = at.cluster.store.get('deployments', 'shop', 'web');
    assert.equal(status.availableReplicas, 2);
    assert.equal(status.updatedReplicas, 2);
    assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1-ready4000/);
  });

  it('wait: approved ends with the votes; wait: sent with the webhook', async () => {
    const at = await world(GATED);
    const run = at.step({ wait: 'approved', approve: true, voter: 'ci' });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /PROMOTED +deployment\/shop\/web(: approved by ci| runs)/);
    const sent = at.step({ wait: 'sent', tag: '1.0.2' });
    assert.equal(await sent.done, 0, sent.log());
    assert.match(sent.log(), /PROMOTED +Keel accepted the webhook \(queued\)/);
  });

  it('wait: sent does not pass for one whose answer was lost', async () => {
    const at = await world();
    at.keel.fail({ kind: 'lose-answer', on: 'POST /v1/webhooks/native' });
    const run = at.step({
      wait: 'sent',
      kubeconfig: undefined,
      namespace: undefined,
      username: undefined,
      password: undefined,
    });
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /It is unknown whether Keel accepted the webhook/);
  });

  it('expired: Keel removes the record past its deadline, and the log says so', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    const [record] = at.keel.records.approvals;
    assert.ok(record);
    record.deadline = new Date(at.cluster.clock.now() - 1000).toISOString();
    await at.until('it shows that', () => run.log().includes('its deadline passed at'));
    await at.keel.down();
    await at.keel.up();
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /the approval was not approved before its deadline, so Keel removed it/);
  });

  it('deleted and archived approvals have different reasons', async () => {
    for (const [action, message] of [
      ['delete', /was deleted before it had its votes/],
      ['archive', /was archived before it had its votes/],
    ] as const) {
      const at = await world(GATED);
      const run = at.step();
      await at.until('it waits', () => run.log().includes('0 of 1 votes'));
      await at.vote('eve', action);
      assert.equal(await run.done, 1, run.log());
      assert.match(run.log(), message);
    }
  });

  it('superseded: another writer deploys a newer version while the step waits for votes', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    change(at, 'deployments', 'web', (object) => {
      object.spec.template.spec.containers[0].image = `${IMAGE}:1.0.9`;
    });
    assert.equal(await run.done, 1, run.log());
    assert.match(
      run.log(),
      /runs 10\.0\.0\.1:5000\/web:1\.0\.9 now, because another person or tool changed it/,
    );
  });

  it('a StatefulSet and a DaemonSet are waited for by their own rules', async () => {
    const at = await world({ 'keel.sh/policy': 'never' });
    for (const plural of ['statefulsets', 'daemonsets'])
      addWorkload(at.cluster, plural, plural, { 'keel.sh/policy': 'all' });
    const run = at.step();
    await at.until('both are written', () =>
      /statefulset\/shop.*0 of 2 pods are ready|has not seen/.test(run.log()),
    );
    await at.cluster.clock.sleep(3_000);
    assert.doesNotMatch(run.log(), /PROMOTED/);
    const observed = (object: Any) => {
      const all = {
        updatedReplicas: 2,
        readyReplicas: 2,
        replicas: 2,
        updateRevision: 'b',
        currentRevision: 'b',
      };
      object.status = {
        ...all,
        observedGeneration: object.metadata.generation,
        desiredNumberScheduled: 2,
        updatedNumberScheduled: 2,
        numberAvailable: 2,
      };
    };
    change(at, 'statefulsets', 'statefulsets', observed);
    await at.cluster.clock.sleep(2_000);
    assert.doesNotMatch(run.log(), /PROMOTED/);
    change(at, 'daemonsets', 'daemonsets', observed);
    assert.equal(await run.done, 0, run.log());
    assert.match(
      run.log(),
      /PROMOTED +statefulset\/shop\/statefulsets runs 1\.0\.1.*daemonset\/shop\/daemonsets runs 1\.0\.1/,
    );
  });

  it('containers are judged one by one, init containers only if the annotation includes them', async () => {
    const at = await world();
    change(at, 'deployments', 'web', (object) => {
      const [first] = object.spec.template.spec.containers;
      object.spec.template.spec.containers.push({ ...first, name: 'side', image: `${IMAGE}:1.0.5` });
      object.spec.template.spec.initContainers = [{ ...first, name: 'mig' }];
      object.metadata.annotations['keel.sh/initContainers'] = 'true';
    });
    await at.cluster.clock.sleep(20_000);
    const run = at.step({ tag: '1.0.3' });
    assert.equal(await run.done, 0, run.log());
    assert.match(
      run.log(),
      /1\.0\.0 in app, 1\.0\.0 in mig → 1\.0\.3 \(all\); not side: 1\.0\.3 is not newer than 1\.0\.5/,
    );
  });

  it('several Keels: if one has no workload for the image, the step sends to none', async () => {
    const at = await world();
    const other = await startKeel({ basicAuth: ADMIN });
    open.push({ stop: () => other.close() });
    const run = at.step({ ...adminOnly, urls: `${at.keel.webhook},${other.webhook}` });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /no workload that it watches runs 10\.0\.0\.1:5000\/web/);
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  it('promoting what runs already sends nothing, and is no error', async () => {
    const at = await world();
    const run = at.step({ tag: '1.0.0' });
    assert.equal(await run.done, 0, run.log());
    assert.equal(at.keel.queued.length, 0);
  });

  it('a dry run tells what Keel would do, and sends nothing', async () => {
    const at = await world(GATED);
    const run = at.step({ dry_run: true });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /deployment\/shop\/web: 1\.0\.0 in app → 1\.0\.1 \(all\), after 1 vote/);
    assert.equal(at.keel.queued.length, 0);
  });

  it('an abort leaves alone what others asked for', async () => {
    const at = await world(GATED);
    await at.post('/v1/webhooks/native', { name: IMAGE, tag: '1.0.1' });
    await at.keel.idle();
    const run = at.step({ action: 'abort' });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /drone-promote did not request .*, and leaves it alone/);
    assert.deepEqual(
      at.keel.records.approvals.map(({ rejected, archived }) => [rejected, archived]),
      [[false, false]],
    );
  });
});
