import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { ApiError, isConflict } from '../../../src/cluster/api-error.ts';
import { createCluster } from '../../../src/cluster/client.ts';
import { connect } from '../../../src/cluster/connect.ts';
import { leases } from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import { PromoteError } from '../../../src/errors.ts';
import type { Fault } from '../../sim/api-server/faults.ts';
import { clientOf, edit, lease, seed, serve, startSim } from '../helpers.ts';

/** Shortest and longest time between two tries, in milliseconds: the wait doubles, with up to a fifth more. */
const SHORTEST = [250, 500, 1000, 2000, 4000];
const within = (ms: number, shortest: number) =>
  assert.ok(ms >= shortest && ms <= shortest * 1.2, `${ms} ms is not about ${shortest} ms`);
const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0);

/** A cluster whose next requests meet a fault; `took` runs a request, and says how long it took in virtual time. */
async function faulty(t: TestContext, effect: Fault['effect'], times: number) {
  const { sim, client } = await startSim(t);
  seed(sim, lease('a', 'x'));
  sim.faults.add({ times, matches: () => true, effect });
  const took = async (request: () => Promise<unknown>) => {
    const start = sim.clock.now();
    await request().catch((error: unknown) => {
      if (!(error instanceof PromoteError)) throw error;
    });
    return sim.clock.now() - start;
  };
  return { sim, client, took };
}

describe('cluster/requests', () => {
  for (const status of [429, 500, 502, 503, 504]) {
    it(`tries again after ${status}, later each time`, async (t) => {
      const { client, took } = await faulty(t, { status }, 2);
      within(await took(() => client.get(leases, 'a')), 750);
      assert.equal(client.requests(), 3);
      assert.equal((await client.get(leases, 'a'))?.metadata?.name, 'a');
    });
  }

  it('tries again after a connection that was reset', async (t) => {
    const { client, took } = await faulty(t, 'reset', 2);
    within(await took(() => client.get(leases, 'a')), 750);
    assert.equal(client.requests(), 3);
  });

  it('gives up within a bound, with the last answer', async (t) => {
    const { client, took } = await faulty(t, { status: 503 }, 100);
    let error: unknown;
    const ms = await took(async () => {
      error = await client.get(leases, 'a').catch((reason: unknown) => reason);
    });
    within(ms, sum(SHORTEST));
    assert.equal(client.requests(), 1 + SHORTEST.length);
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 503);
    assert.match(error.message, /leases\/a: the server is unable to handle the request$/);
  });

  it('gives up within a bound where no answer comes at all, and says why', async (t) => {
    const { sim, client } = await faulty(t, 'reset', 100);
    await assert.rejects(client.get(leases, 'a'), (error) => {
      assert.ok(error instanceof PromoteError);
      assert.equal(error.code, 'unreachable');
      assert.ok(error.message.startsWith(`The API server at ${sim.server.url} cannot be reached: `));
      return true;
    });
    assert.equal(client.requests(), 1 + SHORTEST.length);
  });

  it('waits as long as Retry-After says, and not longer than ten seconds', async (t) => {
    const two = await faulty(t, { status: 429, retryAfter: 2 }, 1);
    within(await two.took(() => two.client.get(leases, 'a')), 2000);
    const hour = await faulty(t, { status: 503, retryAfter: 3600 }, 1);
    assert.equal(await hour.took(() => hour.client.get(leases, 'a')), 10_000);
  });

  it('does not wait less than its own time for a short Retry-After', async (t) => {
    const { client, took } = await faulty(t, { status: 429, retryAfter: 1 }, 4);
    within(await took(() => client.get(leases, 'a')), 1000 + 1000 + 1000 + 2000);
  });

  it('waits for a slow answer, and asks once', async (t) => {
    const { client, took } = await faulty(t, { delay: 8000 }, 1);
    assert.equal(await took(() => client.get(leases, 'a')), 8000);
    assert.equal(client.requests(), 1);
  });

  for (const status of [400, 403, 404, 409, 410, 422, 501]) {
    it(`does not try again after ${status}, which would be the same`, async (t) => {
      const { client, took } = await faulty(t, { status }, 1);
      assert.equal(await took(() => client.list(leases)), 0);
      assert.equal(client.requests(), 1);
    });
  }

  it('sends a write again whole: its body, its kind, its credentials', async (t) => {
    const seen: unknown[] = [];
    const url = await serve(t, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { authorization, 'content-type': type } = request.headers;
      seen.push([request.method, request.url, authorization, type, JSON.parse(body)]);
      response.writeHead(seen.length < 3 ? 503 : 201, { 'Content-Type': 'application/json' });
      response.end(body);
    });
    const slept: number[] = [];
    const client = await clientOf(url, slept);
    await client.write({ verb: 'create', resource: leases, object: lease('a') }, { dryRun: true });
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases?fieldManager=drone-promote&dryRun=All';
    const once = ['POST', path, 'Bearer step', 'application/json', lease('a')];
    assert.deepEqual(seen, [once, once, once]);
    assert.equal(slept.length, 2);
    slept.forEach((ms, index) => {
      within(ms, SHORTEST[index] ?? 0);
    });
  });

  it('keeps the number of tries that it is given, and an end that comes while it asks', async (t) => {
    const { sim } = await faulty(t, { status: 503 }, 100);
    const connection = await connect({ kubeconfig: sim.kubeconfig('other') });
    const once = createCluster(connection, 'shop', sim.clock, { retries: 0 });
    await assert.rejects(once.get(leases, 'a'), /unable to handle/);
    assert.equal(once.requests(), 1);
    const end = new AbortController();
    const ended = createCluster(connection, 'shop', sim.clock, { signal: end.signal });
    const start = sim.clock.now();
    sim.clock.after(300, () => end.abort());
    await assert.rejects(ended.get(leases, 'a'), (error) => {
      return error instanceof PromoteError && error.code === 'unreachable';
    });
    assert.equal(sim.clock.now() - start, 300);
  });

  it('reports once that it tries again, if the first connection fails', async (t) => {
    const { sim } = await faulty(t, 'reset', 4);
    const connection = await connect({ kubeconfig: sim.kubeconfig('other') });
    const reported: string[] = [];
    const client = createCluster(connection, 'shop', sim.clock, {
      onFirstRetry: (message) => reported.push(message),
    });
    await Promise.all([client.get(leases, 'a'), client.list(leases)]);
    assert.equal(reported.length, 1);
    assert.match(reported[0] ?? '', /^The API server at \S+ cannot be reached: .+\. Trying again\.$/);
  });

  it('does not report a retry once the server has answered, which others do', async (t) => {
    const { sim } = await faulty(t, 'reset', 0);
    const connection = await connect({ kubeconfig: sim.kubeconfig('other') });
    const reported: string[] = [];
    const client = createCluster(connection, 'shop', sim.clock, {
      onFirstRetry: (message) => reported.push(message),
    });
    await client.list(leases);
    sim.faults.add({ times: 2, effect: 'reset', matches: () => true });
    await client.list(leases);
    assert.equal(client.requests(), 4);
    assert.deepEqual(reported, []);
  });

  it('says why where nothing listens', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const client = await clientOf(`http://${host}:1`);
      await assert.rejects(client.get(leases, 'a'), /cannot be reached: .*ECONNREFUSED/);
      assert.equal(client.requests(), 1 + SHORTEST.length);
    }
  });
});

describe('cluster/requests with an answer that got lost', () => {
  /** Passes everything on to the cluster, but breaks the connection in place of the answer to the first write. */
  async function forgetful(t: TestContext, between: () => void = () => {}) {
    const { sim } = await startSim(t);
    let lost = false;
    const url = await serve(t, (request, response) => {
      const { method = '', url: path, headers } = request;
      const passed = http.request(`${sim.server.url}${path}`, { method, headers }, (answer) => {
        if (method === 'GET' || lost) {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
          return;
        }
        lost = true;
        answer.resume().on('end', () => {
          between();
          request.socket.destroy();
        });
      });
      request.pipe(passed);
    });
    sim.kubeconfig('step');
    const client = createCluster(await connect({ server: url, token: 'step' }), 'shop', sim.clock);
    return { sim, client };
  }

  const writes: [what: string, status: number, left: string | undefined, write: (before: Lease) => Write][] =
    [
      ['create', 409, 'me', () => ({ verb: 'create', resource: leases, object: lease('b', 'me') })],
      [
        'update',
        409,
        'me',
        (before) => ({
          verb: 'update',
          resource: leases,
          before,
          object: { ...before, spec: { holderIdentity: 'me' } },
        }),
      ],
      ['delete', 404, undefined, (before) => ({ verb: 'delete', resource: leases, object: before })],
    ];
  for (const [what, status, left, write] of writes) {
    it(`ends a ${what} that was taken as a conflict, and does it once`, async (t) => {
      const { sim, client } = await forgetful(t);
      const before = seed(sim, lease('a', 'x'));
      const wanted = write(before);
      await assert.rejects(client.write(wanted), (error) => isConflict(error) && error.status === status);
      const name = wanted.object.metadata?.name ?? '';
      assert.equal(sim.store.get('leases', 'shop', name)?.spec.holderIdentity, left);
      assert.equal(client.requests(), 2);
    });
  }

  it('does not overwrite what somebody wrote between the two tries', async (t) => {
    let between = () => {};
    const { sim, client } = await forgetful(t, () => between());
    const before = seed(sim, lease('a', 'x'));
    between = () => {
      edit(sim, 'a', 'other');
    };
    const object = { ...before, spec: { holderIdentity: 'me' } };
    await assert.rejects(client.write({ verb: 'update', resource: leases, before, object }), isConflict);
    assert.equal(sim.store.get('leases', 'shop', 'a')?.spec.holderIdentity, 'other');
  });
});
