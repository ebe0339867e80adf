import assert from 'node:assert/strict';
import type http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { createCluster } from '../../src/cluster/client.ts';
import { connect } from '../../src/cluster/connect.ts';
import { startMirror } from '../../src/cluster/mirror.ts';
import { leases } from '../../src/cluster/resource.ts';
import { virtualClock } from '../sim/virtual-clock.ts';
import { lease, serve } from './helpers.ts';

const at = (name: string, version: number, uid = 'u1', holder = `${version}`): Lease => ({
  ...lease(name, holder),
  metadata: { name, uid, resourceVersion: String(version) },
});

/** A mirror of a server that says what the test tells it to, in that order; `tell` ends when the mirror has heard it. */
async function scripted(t: TestContext, first: readonly Lease[], version: number) {
  let listed = { items: first, version };
  let watch: http.ServerResponse | undefined;
  const watched: URLSearchParams[] = [];
  const server = await serve(t, (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://sim');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    if (searchParams.get('watch') === 'true') {
      watched.push(searchParams);
      watch = response;
      response.flushHeaders();
      return;
    }
    response.end(JSON.stringify({ items: listed.items, metadata: { resourceVersion: `${listed.version}` } }));
  });
  const clock = virtualClock(0);
  const cluster = createCluster(await connect({ server, token: 'step' }), 'shop', clock);
  const mirror = await startMirror(cluster, [{ resource: leases }], clock);
  t.after(() => {
    mirror.stop();
    clock.stop();
  });
  const until = async (what: () => boolean) => {
    for (let turns = 0; !what(); turns++) {
      assert.ok(turns < 2000, `it does not come to pass: ${what}`);
      await clock.sleep(20);
    }
  };
  await until(() => watch !== undefined);
  let marks = 1_000_000;
  return {
    mirror,
    watched,
    until,
    end: () => watch?.end(),
    expire: () => watch?.write('{"type":"ERROR","object":{"code":410}}\n'),
    garble: () => watch?.write('{"type":"MODI\n\n<html>\n'),
    listing: (items: readonly Lease[], ahead: number) => {
      listed = { items, version: ahead };
    },
    state: () => mirror.all(leases).map(({ metadata, spec }) => `${metadata?.name} ${spec?.holderIdentity}`),
    /** `mark` is put in by hand to see that it is taken away by an event of its own, which changes no version. */
    async tell(type: string, object: Lease) {
      const name = `mark-${++marks}`;
      mirror.put(leases, { metadata: { name } });
      watch?.write(`${JSON.stringify({ type, object })}\n`);
      watch?.write(`${JSON.stringify({ type: 'DELETED', object: { metadata: { name } } })}\n`);
      await until(() => !mirror.all(leases).some((each) => each.metadata?.name === name));
    },
  };
}

describe('cluster/mirror the order of news', () => {
  it('watches from the list, and asks for bookmarks and an end', async (t) => {
    const { watched } = await scripted(t, [at('a', 5)], 7);
    const { resourceVersion, allowWatchBookmarks, timeoutSeconds } = Object.fromEntries(watched[0] ?? []);
    assert.deepEqual([resourceVersion, allowWatchBookmarks, timeoutSeconds], ['7', 'true', '240']);
  });

  it('lets a quiet watch live for as long as the server was asked to keep it', async (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');
    await scripted(t, [], 1);
    const delays = timers.mock.calls.map((call) => call.arguments[1]);
    assert.ok(delays.includes(250_000));
    assert.ok(!delays.includes(30_000), 'the library ends a watch after 30 s without an event');
  });

  it('goes on from a bookmark, which changes no object', async (t) => {
    const { state, tell, end, watched, until } = await scripted(t, [at('a', 5)], 7);
    await tell('BOOKMARK', { metadata: { resourceVersion: '90' } });
    assert.deepEqual(state(), ['a 5']);
    end();
    await until(() => watched.length === 2);
    assert.equal(watched[1]?.get('resourceVersion'), '90');
  });

  it('goes on from the last event', async (t) => {
    const { tell, end, watched, until } = await scripted(t, [at('a', 5)], 7);
    await tell('MODIFIED', at('a', 8));
    await tell('DELETED', at('a', 12));
    end();
    await until(() => watched.length === 2);
    assert.equal(watched[1]?.get('resourceVersion'), '12');
  });

  it('does not let an older event overwrite what was put ahead of it', async (t) => {
    const { mirror, state, tell } = await scripted(t, [at('a', 5)], 7);
    mirror.put(leases, at('a', 10));
    await tell('MODIFIED', at('a', 8));
    assert.deepEqual(state(), ['a 10']);
    await tell('MODIFIED', at('a', 10, 'u1', 'the same'));
    await tell('MODIFIED', at('a', 11));
    assert.deepEqual(state(), ['a 11']);
  });

  it('does not let an older answer be put over a newer event', async (t) => {
    const { mirror, state, tell } = await scripted(t, [at('a', 5)], 7);
    await tell('MODIFIED', at('a', 100));
    mirror.put(leases, at('a', 99));
    assert.deepEqual(state(), ['a 100']);
  });

  it('keeps a name made anew through the late news of the object that had it', async (t) => {
    const { mirror, state, tell } = await scripted(t, [at('a', 5)], 7);
    mirror.put(leases, at('a', 10, 'u2'));
    await tell('MODIFIED', at('a', 8));
    assert.deepEqual(state(), ['a 10']);
    await tell('DELETED', at('a', 9));
    assert.deepEqual(state(), ['a 10']);
    await tell('ADDED', at('a', 10, 'u2'));
    await tell('DELETED', at('a', 11, 'u2'));
    assert.deepEqual(state(), []);
  });

  it('lets no late event undo a list that was ahead of the watch', async (t) => {
    const { mirror, state, tell, listing } = await scripted(t, [at('a', 5), at('b', 6)], 7);
    listing([at('b', 12)], 20);
    await mirror.refresh(leases, 'a');
    await mirror.refresh(leases, 'b');
    await tell('MODIFIED', at('a', 8));
    await tell('DELETED', at('b', 11));
    assert.deepEqual(state(), ['b 12']);
    await tell('ADDED', at('a', 21, 'u2'));
    assert.deepEqual(state(), ['b 12', 'a 21']);
  });

  it('takes the list of a server that was restored from a backup: its versions are lower', async (t) => {
    const { state, expire, listing, until } = await scripted(t, [at('a', 50)], 70);
    listing([at('a', 5)], 7);
    expire();
    await until(() => state()[0] === 'a 5');
  });

  it('takes versions for numbers, and what is none for newer', async (t) => {
    const { mirror, state, tell } = await scripted(t, [at('a', 9)], 9);
    await tell('MODIFIED', at('a', 10));
    assert.deepEqual(state(), ['a 10']);
    mirror.put(leases, { ...at('a', 0), metadata: { name: 'a', resourceVersion: 'opaque' } });
    assert.deepEqual(state(), ['a 0']);
  });

  it('survives a line that is no JSON', async (t) => {
    const { state, tell, garble, watched } = await scripted(t, [], 1);
    garble();
    await tell('ADDED', at('a', 2));
    assert.deepEqual(state(), ['a 2']);
    assert.equal(watched.length, 1);
  });
});
