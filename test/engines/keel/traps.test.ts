import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { addWorkload, IMAGE, type KeelWorld, startKeelWorld, worldsIn } from './outcome-helpers.ts';

const open: KeelWorld[] = [];

const world = worldsIn(open);

const GATED = { 'keel.sh/approvals': '1' };
const webhooks = ({ keel }: KeelWorld) =>
  keel.seen.filter(({ path, body }) => path === '/v1/webhooks/native' && body !== '{}').length;
const adminOnly = { kubeconfig: undefined, namespace: undefined };
const clusterOnly = { username: undefined, password: undefined };

/** The ten traps that were read from Keel's source, and the seven that were measured, by their numbers. */
describe('keel, its traps', () => {
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
  });

  it('keel trap 1, measured trap 1: no workload would take it: refused before sending, each workload with its reason', async () => {
    const at = await world({ 'keel.sh/policy': 'patch' });
    const run = at.step({ tag: '1.1.0' });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /deployment\/shop\/web: 1\.0\.0 to 1\.1\.0 is more than policy patch allows/);
    const other = at.step({ repo: 'registry.example.com/web' });
    assert.equal(await other.done, 2, other.log());
    assert.match(other.log(), /Similar: deployment\/shop\/web runs 10\.0\.0\.1:5000\/web:1\.0\.0/);
    assert.equal(webhooks(at), 0);
  });

  it('keel trap 2, measured trap 2: a mistyped path, answered with a page, is refused', async () => {
    const at = await world({}, { hasUi: true });
    const run = at.step({ urls: `${at.keel.webhook}/` });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /answered 200 with an HTML page/);
  });

  it('keel trap 3: does not follow the redirect of a double slash, because the POST would become a GET', async () => {
    const at = await world();
    const run = at.step({ ...clusterOnly, urls: `${at.keel.url}//v1/webhooks/native` });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /answered 301, a redirect to .*does not follow it/);
    assert.match(run.log(), /The path has a double slash/);
    assert.ok(at.keel.seen.every(({ method, path }) => method !== 'GET' || !path.includes('webhooks')));
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  it('keel trap 4: without basic authentication there is no admin API: the outcome claims no more than sent', async () => {
    const bare = await startKeelWorld({ 'keel.sh/policy': 'all' }, { basicAuth: undefined as never });
    open.push(bare);
    const run = bare.step(adminOnly);
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /no admin API \(404\)/);
    assert.match(
      run.log(),
      /PROMOTED +Keel accepted the webhook \(queued\)\. Keel does not report the result/,
    );
    const strict = bare.step({ ...adminOnly, wait: 'updated' });
    assert.equal(await strict.done, 2, strict.log());
  });

  it('keel trap 5: only words that Keel knows are sent as actions', async () => {
    const at = await world(GATED);
    const run = at.step({ approve: true });
    assert.equal(await run.done, 0, run.log());
    const words = at.keel.seen
      .filter(({ method, path }) => method === 'POST' && path === '/v1/approvals')
      .map(({ body }) => JSON.parse(body).action);
    assert.deepEqual(words, ['approve']);
  });

  it('keel trap 6: a rejected one blocks the tag until it is archived, which an abort does', async () => {
    const { step, vote, until, image } = await world({ 'keel.sh/approvals': '2' });
    const run = step();
    await until('it waits', () => run.log().includes('0 of 2 votes'));
    await vote('ann', 'reject');
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /ABORTED +deployment\/shop\/web: the approval was rejected\./);
    assert.equal(image(), `${IMAGE}:1.0.0`);
    const again = step();
    assert.equal(await again.done, 2, again.log());
    assert.match(again.log(), /was rejected, and stays blocked until that approval/);
    const abort = step({ action: 'abort' });
    assert.equal(await abort.done, 0, abort.log());
    assert.match(abort.log(), /ABORTED +Rejected and archived: deployment\/shop\/web:1\.0\.1/);
    const free = step({ timeout: '20s' });
    await until('it asks again', () => free.log().includes('0 of 2 votes'));
    await vote('ann');
    await vote('bob');
    assert.equal(await free.done, 0, free.log());
  });

  it('keel trap 7: approved, lost to a conflict: the webhook again deploys it without a new vote', async () => {
    const at = await world(GATED);
    at.keel.loseUpdates(1);
    const run = at.step({ approve: true, voter: 'ci' });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /voted for deployment\/shop\/web:1\.0\.1 as ci/);
    assert.equal(webhooks(at), 2);
  });

  it('keel trap 8, measured trap 3: not under force, because Keel would act on it twice', async () => {
    const at = await world({ 'keel.sh/policy': 'force' });
    at.keel.loseUpdates(1);
    const run = at.step({ timeout: '30s' });
    assert.equal(await run.done, 1, run.log());
    assert.match(
      run.log(),
      /ABORTED +deployment\/shop\/web: Keel has not written 1\.0\.1 yet \(gave up after 30s/,
    );
    assert.equal(webhooks(at), 1);
  });

  it('keel trap 8: nor under regexp, even if it is approved and the update is lost', async () => {
    const at = await world({ 'keel.sh/policy': 'regexp:^1', ...GATED });
    at.keel.loseUpdates(1);
    const run = at.step({ approve: true, timeout: '30s' });
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /ABORTED .*approved by .*has not written .* yet \(gave up after 30s/);
    assert.equal(webhooks(at), 1);
  });

  it('keel trap 9: nginx becomes library/nginx, and is the same', async () => {
    const at = await world();
    addWorkload(at.cluster, 'deployments', 'front', { 'keel.sh/policy': 'all' }, 'nginx:1.0.0');
    await at.cluster.clock.sleep(20_000);
    const run = at.step({ repo: 'nginx' });
    assert.equal(await run.done, 0, run.log());
    assert.equal(at.image('front'), 'library/nginx:1.0.1');
  });

  it('keel trap 10, measured trap 6: a webhook that was lost while Keel started is sent once more', async () => {
    const at = await world();
    at.keel.fail({ kind: 'answer', status: 200, on: 'POST /v1/webhooks/native' });
    const run = at.step(clusterOnly);
    assert.equal(await run.done, 0, run.log());
  });

  it('a native sidecar is told before sending, and what the API server refused is not sent again', async () => {
    const at = await world();
    const store = at.cluster.store;
    const [found] = store.list('deployments', 'shop').filter(({ metadata }) => metadata.name === 'web');
    const proxy = {
      name: 'proxy',
      image: 'proxy:9',
      restartPolicy: 'Always',
      livenessProbe: { httpGet: {} },
    };
    const template = found?.spec.template;
    const spec = { ...template.spec, initContainers: [proxy] };
    store.put('deployments', {
      ...found,
      spec: { ...found?.spec, template: { ...template, spec } },
    } as never);
    await at.cluster.clock.sleep(20_000);
    at.keel.loseUpdates(1);
    const run = at.step({ timeout: '30s' });
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /Keel 0\.20 drops the `restartPolicy` of its native sidecar proxy/);
    assert.match(run.log(), /cannot write deployment\/shop\/web\. Update Keel/);
    assert.doesNotMatch(run.log(), /the update was lost/);
    assert.equal(webhooks(at), 1);
  });

  it('measured trap 3: an update lost to a conflict is sent again, if that is safe under the policy', async () => {
    const at = await world();
    at.keel.loseUpdates(1);
    const run = at.step();
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /Keel wrote nothing within 10s.*sending the webhook again/);
    assert.equal(webhooks(at), 2);
  });

  it('measured trap 4: approved is not deployed, archived is not deployed, and past its deadline it still may be', async () => {
    const lost = await world({ 'keel.sh/policy': 'force', ...GATED });
    lost.keel.loseUpdates(1);
    const approved = lost.step({ approve: true, timeout: '30s' });
    assert.equal(await approved.done, 1, approved.log());
    const late = await world(GATED);
    const run = late.step();
    await late.until('it waits', () => run.log().includes('0 of 1 votes'));
    const [record] = late.keel.records.approvals;
    assert.ok(record);
    record.deadline = new Date(late.cluster.clock.now() - 1000).toISOString();
    await late.until('it shows that', () => run.log().includes('its deadline passed at'));
    await late.vote('ann');
    assert.equal(await run.done, 0, run.log());
    const put = await world(GATED);
    const archived = put.step();
    await put.until('it waits', () => archived.log().includes('0 of 1 votes'));
    await put.vote('eve', 'archive');
    assert.equal(await archived.done, 1, archived.log());
    assert.match(archived.log(), /was archived before it had its votes/);
  });

  it('measured trap 5: Keel writes many workloads slowly; the step waits, and does not take an update for lost', async () => {
    const at = await world({}, { throttle: { perSecond: 0.5, burst: 1 } });
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`);
    for (const name of names) addWorkload(at.cluster, 'deployments', name, { 'keel.sh/policy': 'all' });
    await at.cluster.clock.sleep(20_000);
    const begun = at.cluster.clock.now();
    const run = at.step();
    assert.equal(await run.done, 0, run.log());
    assert.ok(at.cluster.clock.now() - begun > 12_000, 'it took longer than what counts as lost');
    for (const name of names) {
      assert.equal(at.image(name), `${IMAGE}:1.0.1`);
      assert.match(run.log(), new RegExp(`PROMOTED.*deployment/shop/${name} runs 1\\.0\\.1`));
    }
    assert.equal(webhooks(at), 1);
  });

  it('measured trap 6: what was in the queue when Keel was stopped is sent once more', async () => {
    const at = await world({}, { delayMs: 3_000 });
    const run = at.step();
    await at.until('it is queued', () => at.keel.queued.length === 1);
    await at.keel.down();
    await at.keel.up();
    assert.equal(await run.done, 0, run.log());
    assert.equal(webhooks(at), 2);
  });

  it('measured trap 7: without basic authentication any password passes for the right one; 200 promises nothing', async () => {
    const at = await world({}, { basicAuth: undefined as never, authenticatedWebhooks: true });
    const blind = at.step({ ...adminOnly, password: 'no-such-word' });
    assert.equal(await blind.done, 0, blind.log());
    assert.match(
      blind.log(),
      /PROMOTED +Keel accepted the webhook \(queued\)\. Keel does not report the result/,
    );
    assert.match(blind.log(), /accepts any credentials/);
    const seeing = at.step({ password: 'no-such-word', tag: '1.0.2' });
    assert.equal(await seeing.done, 0, seeing.log());
    assert.match(seeing.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.2/);
  });
});
