import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ADMIN, addWorkload, IMAGE, type KeelWorld, worldsIn } from './outcome-helpers.ts';

const open: KeelWorld[] = [];

const world = worldsIn(open);

const GATED = { 'keel.sh/approvals': '1' };
const webhooks = ({ keel }: KeelWorld) =>
  keel.seen.filter(({ path, body }) => path === '/v1/webhooks/native' && body !== '{}').length;
const adminOnly = { kubeconfig: undefined, namespace: undefined };
const clusterOnly = { username: undefined, password: undefined };

describe('keel with an outcome, when things go wrong', () => {
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
  });

  it('Keel restarts while the step waits for votes: one warning, and the step continues', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    await at.keel.down();
    await at.cluster.clock.sleep(5_000);
    await at.keel.up();
    await at.until('it is back', () => run.log().includes('answers again'));
    await at.vote('ann');
    assert.equal(await run.done, 0, run.log());
    assert.equal(run.log().match(/waiting until it answers again/g)?.length, 1);
  });

  it('a connection lost after the POST: the workload shows that it was taken', async () => {
    const at = await world();
    at.keel.fail({ kind: 'lose-answer', on: 'POST /v1/webhooks/native' });
    const run = at.step({ ...clusterOnly });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1/);
  });

  it('an admin API that takes 3 s for each answer: no end before its time, and the votes count', async () => {
    for (const sees of [{}, adminOnly]) {
      const at = await world(GATED);
      at.keel.fail(...Array.from({ length: 200 }, () => ({ kind: 'slow', ms: 3_000, on: 'GET /' }) as const));
      at.keel.fail(
        ...Array.from({ length: 20 }, () => ({ kind: 'slow', ms: 3_000, on: 'POST /v1/approvals' }) as const),
      );
      const run = at.step(sees);
      await at.until('it waits', () => run.log().includes('0 of 1 votes'));
      await at.cluster.clock.sleep(30_000);
      assert.doesNotMatch(run.log(), /PROMOTED|ABORTED|lost/);
      await at.vote('ann');
      assert.equal(await run.done, 0, run.log());
      assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1/);
      assert.equal(webhooks(at), 1);
    }
  });

  it('a webhook that takes 8 s: what it queued late is not taken for lost', async () => {
    for (const sees of [{}, adminOnly, clusterOnly]) {
      const at = await world({}, { delayMs: 15_000 });
      at.keel.fail({ kind: 'slow', ms: 8_000, on: 'POST /v1/webhooks/native' });
      if (sees !== clusterOnly) at.keel.fail({ kind: 'slow', ms: 8_000, on: 'POST /v1/webhooks/native' });
      const run = at.step(sees);
      assert.equal(await run.done, 0, run.log());
      assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1/);
      assert.equal(webhooks(at), 1, run.log());
    }
  });

  it('a lost store: the reason says so, and does not say expired', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    at.keel.records.approvals.splice(0);
    at.keel.records.audit.splice(0);
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /its store was lost/);
  });

  it('answers that are none of Keel’s in the wait: a page, a redirect, 401, 10 MB; not taken for an end', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    const on = 'GET /v1/approvals';
    at.keel.fail(
      { kind: 'answer', status: 200, headers: { 'Content-Type': 'text/html' }, body: '<!DOCTYPE html>', on },
      { kind: 'answer', status: 301, headers: { Location: '/' }, on },
      { kind: 'answer', status: 401, body: 'Unauthorized\n', on },
      { kind: 'answer', status: 200, body: `[${' '.repeat(10 * 1024 * 1024)}`, on },
      { kind: 'reset', on },
    );
    await at.until('it is back', () => run.log().includes('answers again'));
    await at.vote('ann');
    assert.equal(await run.done, 0, run.log());
  });

  it('finds its own record among thousands', async () => {
    const at = await world(GATED);
    const first = at.step();
    await at.until('it waits', () => first.log().includes('0 of 1 votes'));
    const [own] = at.keel.records.approvals;
    assert.ok(own);
    const many = Array.from({ length: 5000 }, (_, index) => ({
      ...own,
      id: `old-${index}`,
      archived: true,
      rejected: index % 2 === 0,
    }));
    at.keel.records.approvals.push(...many);
    await at.vote('ann');
    assert.equal(await first.done, 0, first.log());
  });

  it('warns of a webhook without authentication, and of wrong credentials', async () => {
    const at = await world();
    const run = at.step(adminOnly);
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /webhook accepts requests without credentials/);
    const wrong = at.step({ ...adminOnly, tag: '1.0.2', password: 'wrong-one', wait: 'updated' });
    assert.equal(await wrong.done, 2, wrong.log());
    assert.match(wrong.log(), /username or password is wrong for its admin API/);
    assert.ok(!wrong.log().includes('wrong-one') && !run.log().includes(ADMIN.password));
  });

  it('pods that do not start: the step reports their trouble, and is stuck', async () => {
    const at = await world();
    const run = at.step({ tag: '1.0.1-nopull' });
    assert.equal(await run.done, 3, run.log());
    assert.match(run.log(), /trouble +.*ImagePullBackOff/);
    assert.match(run.log(), /STUCK +deployment\/shop\/web: ImagePullBackOff/);
  });

  it('continues with an open approval of its own, but not with one of others', async () => {
    const at = await world(GATED);
    const first = at.step({ timeout: '20s' });
    assert.equal(await first.done, 1, first.log());
    assert.match(first.log(), /0 of 1 votes.*gave up after 20s/);
    const second = at.step();
    await at.until('it waits', () =>
      second.log().includes('an approval that an earlier run requested is still open'),
    );
    await at.vote('ann');
    assert.equal(await second.done, 0, second.log());
    await at.post('/v1/webhooks/native', { name: IMAGE, tag: '1.0.2' });
    await at.keel.idle();
    const third = at.step({ tag: '1.0.2' });
    assert.equal(await third.done, 2, third.log());
    assert.match(third.log(), /is already open and would absorb the webhook/);
  });

  it('every workload of the image is in the report by itself', async () => {
    const at = await world();
    addWorkload(at.cluster, 'deployments', 'api', { 'keel.sh/policy': 'all' });
    addWorkload(at.cluster, 'deployments', 'old', { 'keel.sh/policy': 'never' });
    addWorkload(at.cluster, 'cronjobs', 'tidy', { 'keel.sh/policy': 'all' });
    await at.cluster.clock.sleep(20_000);
    const run = at.step();
    assert.equal(await run.done, 0, run.log());
    for (const each of ['deployment/shop/web', 'deployment/shop/api', 'cronjob/shop/tidy']) {
      assert.match(run.log(), new RegExp(`PROMOTED.*${each} runs 1\\.0\\.1`));
    }
    assert.match(run.log(), /PROMOTED.*not deployment\/shop\/old: its policy is "never"/);
  });

  it('cancelled, it does not report an approval as withdrawn that got its last vote just before', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    // the step polls and sees no vote; then the vote comes, and Keel acts on it
    at.keel.fail({ kind: 'slow', ms: 3000, on: 'GET /v1/approvals' });
    const before = at.keel.seen.length;
    await at.until('it looks', () => at.keel.seen.length > before);
    await at.vote('ann');
    run.terminate();
    assert.equal(await run.done, 3, run.log());
    assert.match(run.log(), /STUCK +The step was cancelled: deployment\/shop\/web runs 1\.0\.1/);
    assert.equal(at.image(), `${IMAGE}:1.0.1`);
  });

  it('cancelled, it withdraws approvals that wait for votes', async () => {
    const at = await world(GATED);
    const run = at.step();
    await at.until('it waits', () => run.log().includes('0 of 1 votes'));
    run.terminate();
    assert.equal(await run.done, 1, run.log());
    assert.deepEqual(
      at.keel.records.approvals.map(({ rejected, archived }) => [rejected, archived]),
      [[true, true]],
    );
  });
});
