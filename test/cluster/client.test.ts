import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { systemClock } from '../../src/clock.ts';
import { ApiError, isConflict } from '../../src/cluster/api-error.ts';
import { createCluster } from '../../src/cluster/client.ts';
import { connect } from '../../src/cluster/connect.ts';
import { startMirror } from '../../src/cluster/mirror.ts';
import { deployments, ingressClasses, leases, pods } from '../../src/cluster/resource.ts';
import { objectOf } from '../../src/cluster/write.ts';
import { PromoteError } from '../../src/errors.ts';
import { USER_AGENT } from '../../src/version.ts';
import { clientOf, edit, lease, seed, serve, startSim } from './helpers.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/shop/leases';

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('cluster/client', () => {
  it('reads one object, or says that there is none', async (t) => {
    const { sim, client } = await startSim(t);
    const stored = seed(sim, lease('a'));
    assert.deepEqual(await client.get(leases, 'a'), stored);
    assert.equal(await client.get(leases, 'b'), undefined);
    assert.equal((await client.get(ingressClasses, 'nginx'))?.metadata?.name, 'nginx');
  });

  it('lists what is selected, with the version to watch from', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, { ...lease('a'), metadata: { ...lease('a').metadata, labels: { app: 'web' } } });
    seed(sim, lease('b'));
    sim.store.add('leases', { ...lease('c'), metadata: { name: 'c', namespace: 'elsewhere' } });
    const names = async (selection?: { labelSelector?: string; fieldSelector?: string }) =>
      (await client.list(leases, selection)).items.map((each) => each.metadata?.name);
    assert.deepEqual(await names(), ['a', 'b']);
    assert.deepEqual(await names({ labelSelector: 'app in (web,api)' }), ['a']);
    assert.deepEqual(await names({ fieldSelector: 'metadata.name=b' }), ['b']);
    assert.equal((await client.list(leases)).resourceVersion, String(sim.store.version()));
  });

  it('takes a list of null for an empty one', async (t) => {
    const url = await serve(t, (_, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end('{"metadata":{"resourceVersion":"7"},"items":null}');
    });
    assert.deepEqual(await (await clientOf(url)).list(leases), { items: [], resourceVersion: '7' });
  });

  it('creates, updates and deletes', async (t) => {
    const { sim, client } = await startSim(t);
    const made = await client.write({ verb: 'create', resource: leases, object: lease('a', 'x') });
    assert.ok(made?.metadata?.uid);
    const object = { ...made, spec: { holderIdentity: 'y' } };
    const changed = await client.write({ verb: 'update', resource: leases, before: made, object });
    assert.deepEqual(changed, sim.store.get('leases', 'shop', 'a'));
    assert.equal((changed as Lease | undefined)?.spec?.holderIdentity, 'y');
    assert.equal(await client.write({ verb: 'delete', resource: leases, object: changed ?? {} }), undefined);
    assert.equal(sim.store.get('leases', 'shop', 'a'), undefined);
  });

  it('changes nothing that somebody else has changed meanwhile', async (t) => {
    const { sim, client } = await startSim(t);
    const before = seed(sim, lease('a', 'x'));
    edit(sim, 'a', 'other');
    const object = { ...before, spec: { holderIdentity: 'me' } };
    for (const write of [
      { verb: 'update', resource: leases, before, object },
      { verb: 'delete', resource: leases, object: before },
      { verb: 'create', resource: leases, object: lease('a', 'me') },
    ] as const) {
      await assert.rejects(client.write(write), (error) => isConflict(error) && error.status === 409);
    }
    assert.equal(sim.store.get('leases', 'shop', 'a')?.spec.holderIdentity, 'other');
  });

  it('deletes only the object that was seen, whole: uid and version go with it', async (t) => {
    let [method, sent] = ['', ''];
    const url = await serve(t, async (request, response) => {
      method = `${request.method} ${request.url}`;
      sent = await bodyOf(request);
      response.setHeader('Content-Type', 'application/json');
      response.end('{"kind":"Status","status":"Success"}');
    });
    const object = { metadata: { name: 'a', uid: 'u1', resourceVersion: '7' } };
    const client = await clientOf(url);
    await client.write({ verb: 'delete', resource: leases, object });
    assert.equal(method, `DELETE ${LEASES}/a`);
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'u1', resourceVersion: '7' },
    };
    assert.deepEqual(JSON.parse(sent), options);
    await client.write({ verb: 'delete', resource: leases, object }, { dryRun: true });
    assert.deepEqual(JSON.parse(sent), { ...options, dryRun: ['All'] });
  });

  it('stores nothing in a dry run, and tells what would be refused', async (t) => {
    const { sim, client } = await startSim(t);
    const before = seed(sim, lease('a', 'x'));
    const version = sim.store.version();
    const dryRun = true;
    const object = { ...before, spec: { holderIdentity: 'y' } };
    const answer = await client.write({ verb: 'update', resource: leases, before, object }, { dryRun });
    assert.equal((answer as Lease).spec?.holderIdentity, 'y');
    await client.write({ verb: 'create', resource: leases, object: lease('b') }, { dryRun });
    assert.equal(sim.store.version(), version);
    const bad = client.write({ verb: 'create', resource: leases, object: lease('B!') }, { dryRun });
    await assert.rejects(bad, /lowercase RFC 1123 subdomain/);
  });

  it('asks for its own rights, in the namespace or across', async (t) => {
    const { client } = await startSim(t, [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ]);
    const may = [
      { verb: 'get', resource: deployments },
      { verb: 'delete', resource: deployments },
      { verb: 'get', resource: pods },
      { verb: 'get', resource: pods, subresource: 'log' },
      { verb: 'list', resource: ingressClasses },
    ].map((right) => client.may(right));
    assert.deepEqual(await Promise.all(may), [true, false, false, true, false]);
  });

  it('asks about a namespace only where the kind has one', async (t) => {
    const asked: unknown[] = [];
    const url = await serve(t, async (request, response) => {
      asked.push(JSON.parse(await bodyOf(request)).spec.resourceAttributes);
      response.setHeader('Content-Type', 'application/json');
      response.end('{"status":{"allowed":"yes"}}');
    });
    const client = await clientOf(url);
    const rights = [
      { verb: 'get', resource: leases },
      { verb: 'list', resource: ingressClasses },
    ];
    for (const right of rights) assert.equal(await client.may(right), false);
    assert.deepEqual(asked, [
      { namespace: 'shop', verb: 'get', group: 'coordination.k8s.io', resource: 'leases' },
      { verb: 'list', group: 'networking.k8s.io', resource: 'ingressclasses' },
    ]);
  });

  it('names itself in every request, and as the manager of the fields that it writes', async (t) => {
    const sent: string[] = [];
    const url = await serve(t, (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
      const isWatch = searchParams.has('watch');
      const manager = searchParams.get('fieldManager') ?? 'nobody';
      sent.push(`${isWatch ? 'WATCH' : request.method} ${manager} ${request.headers['user-agent']}`);
      response.setHeader('Content-Type', 'application/json');
      if (isWatch) response.flushHeaders();
      else response.end(pathname.endsWith('/a') ? '{}' : '{"metadata":{"resourceVersion":"7"},"items":[]}');
    });
    const client = await clientOf(url);
    await client.get(leases, 'a');
    await client.write({ verb: 'create', resource: leases, object: lease('a') });
    await client.write({ verb: 'update', resource: leases, object: lease('a'), before: lease('a') });
    await client.patch(leases, 'a', { spec: {} });
    await client.write({ verb: 'delete', resource: leases, object: lease('a') });
    const mirror = await startMirror(client, [{ resource: leases }], systemClock);
    t.after(() => mirror.stop());
    while (sent.length < 7) await systemClock.sleep(5, t.signal);
    assert.deepEqual(sent, [
      `GET nobody ${USER_AGENT}`,
      `POST drone-promote ${USER_AGENT}`,
      `PUT drone-promote ${USER_AGENT}`,
      `PATCH drone-promote ${USER_AGENT}`,
      `DELETE nobody ${USER_AGENT}`,
      `GET nobody ${USER_AGENT}`,
      `WATCH nobody ${USER_AGENT}`,
    ]);
  });

  it('reads the last lines of a log, also one that looks like JSON', async (t) => {
    let asked = '';
    const url = await serve(t, (request, response) => {
      asked = request.url ?? '';
      response.setHeader('Content-Type', 'text/plain');
      response.end('{"level":"fatal"}');
    });
    const client = await clientOf(url);
    const text = await client.logs('web 1', 'app', { lines: 10, previous: true });
    assert.deepEqual(JSON.parse(text), { level: 'fatal' });
    const { pathname, searchParams } = new URL(asked, url);
    assert.equal(pathname, '/api/v1/namespaces/shop/pods/web%201/log');
    assert.deepEqual(Object.fromEntries(searchParams), {
      container: 'app',
      tailLines: '10',
      limitBytes: '16384',
      previous: 'true',
    });
    await client.logs('web', 'app', { lines: 1, previous: false });
    assert.equal(new URL(asked, url).searchParams.has('previous'), false);
  });

  it('names what a write is about', () => {
    assert.equal(objectOf({ verb: 'create', resource: leases, object: lease('a') }), 'Lease/a');
  });

  describe('answers that are no success', () => {
    it('tells what may not be done, in the server’s words, at once', async (t) => {
      const { client } = await startSim(t, []);
      await assert.rejects(client.list(leases), (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.status, 403);
        assert.equal(error.reason, 'Forbidden');
        assert.match(error.message, /^GET .*leases: leases is forbidden: User "step" cannot list/);
        return true;
      });
      await assert.rejects(client.get(leases, 'a'), /cannot get resource "leases"/);
      assert.equal(client.requests(), 2);
    });

    it('tells that the credentials are not taken, and what to do', async (t) => {
      const { sim } = await startSim(t);
      const connection = await connect({ server: sim.server.url, token: 'unknown' });
      const client = createCluster(connection, 'shop', sim.clock);
      await assert.rejects(client.get(leases, 'a'), (error) => {
        assert.ok(error instanceof PromoteError);
        assert.match(error.message, /does not accept the credentials/);
        assert.match(error.hint ?? '', /may be expired, mistyped/);
        return true;
      });
    });

    const pages: [what: string, code: number, message: RegExp][] = [
      ['a page in place of an object', 200, /answered 200, but not in JSON/],
      ['a way to a login', 302, /the API server answered 302/],
      ['a page for what is not found, which says nothing of the object', 404, /the API server answered 404/],
      ['a page for what may not be', 403, /the API server answered 403/],
    ];
    for (const [what, code, message] of pages) {
      it(`does not take a proxy's word for the server's: ${what}`, async (t) => {
        const url = await serve(t, (_, response) => {
          response.writeHead(code, { 'Content-Type': 'text/html', Location: '/login' });
          response.end('<html><body>Sign in</body></html>');
        });
        const client = await clientOf(url);
        const told = (error: unknown) => {
          assert.ok(error instanceof ApiError, String(error));
          assert.equal(error.status, code);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /<html>/);
          return true;
        };
        await assert.rejects(client.get(leases, 'a'), told);
        await assert.rejects(client.list(leases), told);
        await assert.rejects(client.may({ verb: 'get', resource: leases }), told);
        await assert.rejects(client.write({ verb: 'create', resource: leases, object: lease('a') }), told);
      });
    }
  });
});
