import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startMonitor } from '../../../../src/analysis/monitor.ts';
import { total } from '../../../../src/analysis/source/counts.ts';
import {
  type AccessLog,
  type AccessLogOptions,
  openAccessLog,
} from '../../../../src/traffic/nginx/access-log/follow.ts';
import { MOST_LINES_PER_SECOND } from '../../../../src/traffic/pod-log/follow-pods.ts';
import { CANARY, line, ROUTES, render, STABLE } from './helpers.ts';
import { type LogServer, startLogServer } from './log-server.ts';

const GOOD = line(STABLE);
const GOOD_CANARY = line(CANARY);
const BAD_CANARY = line({ ...CANARY, status: '500', upstream_status: '500' });
const OTHER = line({ ...STABLE, proxy_upstream_name: 'other-blog-80' });

/** Lines are taken together, 25 ms long. */
const SOON_MS = 50;

/** A log that is followed, of the replicas that are named. */
async function followed(
  t: TestContext,
  replicas: readonly string[] = ['a'],
  options: Partial<AccessLogOptions> = {},
  prepare: (server: LogServer) => void = () => {},
): Promise<{ server: LogServer; log: AccessLog }> {
  const server = await startLogServer(t);
  for (const each of replicas) server.start(each);
  prepare(server);
  const log = openAccessLog(server.cluster, server.clock, {
    controllerNamespace: 'ingress-nginx',
    routes: ROUTES,
    ...options,
  });
  t.after(() => log.stop());
  await server.clock.sleep(100);
  return { server, log };
}

function counted(log: AccessLog): { stable: number; canary: number; failed: number } {
  const look = log.reading();
  if ('unavailable' in look) throw new Error(look.unavailable);
  const { stable, canary } = total(look.reading);
  return { stable: stable.requests, canary: canary.requests, failed: canary.failed };
}

const whyNot = (log: AccessLog) => {
  const look = log.reading();
  return 'unavailable' in look ? look.unavailable : undefined;
};

describe('traffic/nginx/access-log/follow', () => {
  it('counts what is written from now on, within 50 ms, of the routes of the promotion', async (t) => {
    const { server, log } = await followed(t, ['a'], {}, (before) => before.write('a', GOOD, BAD_CANARY));
    assert.deepEqual(counted(log), { stable: 0, canary: 0, failed: 0 });
    server.write('a', GOOD, GOOD_CANARY, BAD_CANARY, OTHER, 'I0708 10:11:12.1 7 main.go:1] "x"');
    await server.clock.sleep(SOON_MS);
    assert.deepEqual(counted(log), { stable: 1, canary: 2, failed: 1 });
    assert.deepEqual(log.seen(), { replicas: 1, followed: 1, lines: 5, requests: 4, isFormatKnown: true });
    assert.equal(log.side('canary').failed, 1);
  });

  it('counts the lines of all replicas', async (t) => {
    const { server, log } = await followed(t, ['a', 'b', 'c']);
    for (const each of ['a', 'b', 'c']) server.write(each, GOOD, GOOD_CANARY);
    await server.clock.sleep(SOON_MS);
    assert.deepEqual(counted(log), { stable: 3, canary: 3, failed: 0 });
  });

  it('feeds the monitor', async (t) => {
    const { server, log } = await followed(t);
    const monitor = startMonitor(async () => log.reading(), server.clock, 250);
    t.after(() => monitor.stop());
    monitor.enter(0, 10);
    for (let round = 0; round < 8; round += 1) {
      server.write('a', GOOD, GOOD_CANARY, BAD_CANARY);
      await server.clock.sleep(250);
    }
    const [step] = monitor.counted().steps;
    assert.ok(step && step.counts.canary.requests >= 12);
    assert.equal(step.counts.canary.failed * 2, step.counts.canary.requests);
  });

  it('says why it does not count yet', async (t) => {
    const server = await startLogServer(t);
    server.start('a');
    const log = openAccessLog(server.cluster, server.clock, {
      controllerNamespace: 'ingress-nginx',
      routes: ROUTES,
    });
    t.after(() => log.stop());
    assert.match(whyNot(log) ?? '', /has not answered yet/);
  });

  it('finds requests of before in the last lines, as a proof that the log is written, and does not count them', async (t) => {
    const { server, log } = await followed(t, ['a'], {}, (before) => {
      before.write('a', GOOD, GOOD_CANARY, 'NGINX Ingress controller');
    });
    await server.clock.sleep(SOON_MS);
    assert.equal(log.earlierRequests(), 2);
    assert.deepEqual([log.side('stable').requests, log.side('canary').requests], [0, 0]);
  });

  it('ends its connections when it is stopped', async (t) => {
    const { server, log } = await followed(t, ['a', 'b']);
    assert.equal(server.open(), 2);
    log.stop();
    await server.clock.sleep(100);
    assert.equal(server.open(), 0);
    assert.match(whyNot(log) ?? '', /no longer followed/);
  });
});

describe('traffic/nginx/access-log/follow: each line once', () => {
  const ends: [what: string, end: (server: LogServer) => void][] = [
    ['a cut', (server) => server.cut()],
    ['a restart of the container', (server) => server.restart('a')],
    ['a rotation that leaves the connection silent', (server) => server.rotate('a')],
    ['a cut in the middle of a line', (server) => server.writeCut('a', GOOD)],
  ];
  for (const [what, end] of ends) {
    it(`after ${what}`, async (t) => {
      const { server, log } = await followed(t);
      server.write('a', GOOD, GOOD_CANARY);
      await server.clock.sleep(SOON_MS);
      end(server);
      const more = what.includes('middle') ? 1 : 0;
      const asked = server.asked.length;
      // while nobody listens
      server.write('a', GOOD, GOOD_CANARY);
      await server.clock.sleep(4_000);
      server.write('a', GOOD, BAD_CANARY);
      await server.clock.sleep(SOON_MS);
      assert.deepEqual(counted(log), { stable: 3 + more, canary: 3, failed: 1 });
      assert.match(server.asked[asked] ?? '', /^a\?sinceTime=/, 'it asks for no more than it lacks');
    });
  }

  it('over many cuts, restarts and rotations in any order', async (t) => {
    const { server, log } = await followed(t, ['a', 'b']);
    let written = 0;
    for (let round = 0; round < 40; round += 1) {
      for (const pod of ['a', 'b']) {
        server.write(pod, GOOD, GOOD_CANARY);
        written += 1;
      }
      await server.clock.sleep([1, 30, 700, 3_500][round % 4] ?? 0);
      if (round % 3 === 0) server.cut();
      if (round % 7 === 3) server.restart('a');
      if (round % 11 === 5) server.rotate('b');
      await server.clock.sleep([5_000, 1, 400][round % 3] ?? 0);
    }
    await server.clock.sleep(30_000);
    assert.deepEqual(counted(log), { stable: written, canary: written, failed: 0 });
  });

  it('after an outage of the API server, with what was written meanwhile', async (t) => {
    const { server, log } = await followed(t);
    server.write('a', GOOD);
    await server.clock.sleep(SOON_MS);
    server.fault = 'reset';
    server.cut();
    for (let second = 0; second < 30; second += 1) {
      server.write('a', GOOD, GOOD_CANARY);
      await server.clock.sleep(1_000);
    }
    assert.match(whyNot(log) ?? '', /cannot be reached/);
    server.fault = undefined;
    await server.clock.sleep(10_000);
    assert.deepEqual(counted(log), { stable: 31, canary: 30, failed: 0 });
  });

  it('of a replica that came later, from its beginning on', async (t) => {
    const { server, log } = await followed(t);
    await server.clock.sleep(3_000);
    server.start('b');
    server.write('b', GOOD, GOOD_CANARY);
    await server.clock.sleep(11_000);
    server.write('b', GOOD);
    await server.clock.sleep(SOON_MS);
    assert.deepEqual(counted(log), { stable: 2, canary: 1, failed: 0 });
  });

  it('of a controller whose only pod was replaced', async (t) => {
    const { server, log } = await followed(t);
    server.write('a', GOOD);
    await server.clock.sleep(SOON_MS);
    server.remove('a');
    server.start('b');
    server.write('b', GOOD, GOOD_CANARY);
    await server.clock.sleep(15_000);
    assert.deepEqual(counted(log), { stable: 2, canary: 1, failed: 0 });
    assert.equal(log.seen().replicas, 1);
  });
});

describe('traffic/nginx/access-log/follow: what keeps it from counting', () => {
  it('missing rights, which it names', async (t) => {
    const { log } = await followed(t, ['a'], {}, (server) => {
      server.fault = { status: 403, on: 'log' };
    });
    assert.match(whyNot(log) ?? '', /`get` pods\/log in namespace ingress-nginx/);
  });

  it('missing rights on pods', async (t) => {
    const { log } = await followed(t, ['a'], {}, (server) => {
      server.fault = { status: 403, on: 'pods' };
    });
    assert.match(whyNot(log) ?? '', /forbidden/);
  });

  it('no controller, until there is one', async (t) => {
    const { server, log } = await followed(t, []);
    assert.match(whyNot(log) ?? '', /no pod of ingress-nginx runs in namespace ingress-nginx/);
    server.start('a');
    await server.clock.sleep(3_000);
    assert.equal(whyNot(log), undefined);
  });

  it('a controller that is gone, until there is another', async (t) => {
    const { server, log } = await followed(t);
    server.remove('a');
    await server.clock.sleep(12_000);
    assert.match(whyNot(log) ?? '', /no pod of ingress-nginx runs/);
    assert.equal(log.seen().replicas, 0);
    server.start('b');
    await server.clock.sleep(3_000);
    assert.equal(whyNot(log), undefined);
  });

  it('a log that is gone, until it is back', async (t) => {
    const { server, log } = await followed(t);
    server.fault = { status: 404, on: 'log' };
    server.cut();
    await server.clock.sleep(1_000);
    assert.match(whyNot(log) ?? '', /log/);
    server.fault = undefined;
    await server.clock.sleep(10_000);
    assert.equal(whyNot(log), undefined);
  });

  it('a server that takes the request and never answers', async (t) => {
    const { server, log } = await followed(t);
    server.write('a', GOOD);
    await server.clock.sleep(SOON_MS);
    server.fault = 'silent';
    server.cut();
    await server.clock.sleep(6_000);
    assert.match(whyNot(log) ?? '', /does not answer/);
  });

  it('not one cut, and not a service that nobody uses', async (t) => {
    const { server, log } = await followed(t);
    server.cut();
    await server.clock.sleep(5);
    assert.equal(whyNot(log), undefined);
    for (let second = 0; second < 120; second += 1) {
      await server.clock.sleep(1_000);
      assert.equal(whyNot(log), undefined);
    }
    // it looks whether it still hears anything, less and less often
    assert.ok(server.asked.length < 12, `asked ${server.asked.length} times`);
  });

  it('no answer of one replica of two, as long as the other is read', async (t) => {
    const { server, log } = await followed(t, ['a', 'b']);
    server.remove('b');
    server.write('a', GOOD);
    await server.clock.sleep(1_000);
    assert.deepEqual(counted(log), { stable: 1, canary: 0, failed: 0 });
  });

  it('another format, as soon as lines show it', async (t) => {
    const { server, log } = await followed(t);
    server.write('a', ...Array.from({ length: 60 }, () => '{"status": 200}'));
    await server.clock.sleep(SOON_MS);
    assert.match(whyNot(log) ?? '', /does not have the expected format; set `access_log_format`/);
    server.write('a', GOOD);
    await server.clock.sleep(SOON_MS);
    assert.equal(whyNot(log), undefined, 'a line in the format shows that it is the right one');
  });

  it('more lines than it can take, for good', async (t) => {
    const { server, log } = await followed(t);
    const lines = Array.from({ length: MOST_LINES_PER_SECOND + 500 }, () => OTHER);
    for (let second = 0; second < 7; second += 1) {
      server.write('a', ...lines);
      await server.clock.sleep(1_000);
    }
    assert.match(whyNot(log) ?? '', /too busy: more than \d+ lines a second/);
    assert.equal(server.open(), 0);
    await server.clock.sleep(60_000);
    assert.match(whyNot(log) ?? '', /too busy/);
  });
});

describe('traffic/nginx/access-log/follow: the format', () => {
  const JSON_FORMAT =
    '{"status": $status, "up": "$proxy_upstream_name", "alt": "$proxy_alternative_upstream_name", "ua": "$http_user_agent"}';
  const NAMED = '$status|$proxy_upstream_name|$proxy_alternative_upstream_name';

  async function reads(t: TestContext, written: string, format?: string, data?: Record<string, string>) {
    const { server, log } = await followed(t, [], { format }, (before) => {
      before.start('a', ['--configmap=$(POD_NAMESPACE)/conf']);
      before.configMap = data;
    });
    server.write('a', written);
    await server.clock.sleep(SOON_MS);
    return { server, log };
  }

  it('comes from the controller’s ConfigMap', async (t) => {
    const data = { 'log-format-upstream': JSON_FORMAT, 'log-format-escape-json': 'true' };
    const { log } = await reads(t, render(JSON_FORMAT, STABLE, 'json'), undefined, data);
    assert.deepEqual([counted(log).stable, log.seen().isFormatKnown], [1, true]);
  });

  it('comes from the settings, before the ConfigMap', async (t) => {
    const { log } = await reads(t, render(NAMED, STABLE), NAMED, { 'log-format-upstream': JSON_FORMAT });
    assert.equal(counted(log).stable, 1);
  });

  it('is the default if the ConfigMap has none', async (t) => {
    const { log } = await reads(t, GOOD, undefined, {});
    assert.deepEqual([counted(log).stable, log.seen().isFormatKnown], [1, true]);
  });

  it('is assumed to be the default if the ConfigMap may not be read', async (t) => {
    const { server, log } = await followed(t, [], {}, (before) => {
      before.start('a', ['--configmap=$(POD_NAMESPACE)/conf']);
      before.fault = { status: 403, on: 'configmaps' };
    });
    server.write('a', GOOD);
    await server.clock.sleep(SOON_MS);
    assert.deepEqual([counted(log).stable, log.seen().isFormatKnown], [1, false]);
  });

  it('is waited for if the ConfigMap cannot be read at this moment', async (t) => {
    const { server, log } = await followed(t, [], {}, (before) => {
      before.start('a', ['--configmap=$(POD_NAMESPACE)/conf']);
      before.fault = { status: 500, on: 'configmaps' };
      before.configMap = { 'log-format-upstream': NAMED };
    });
    assert.ok(whyNot(log));
    server.fault = undefined;
    await server.clock.sleep(15_000);
    server.write('a', render(NAMED, STABLE));
    await server.clock.sleep(SOON_MS);
    assert.equal(counted(log).stable, 1);
  });

  it('is of no use if the log is off', async (t) => {
    const { log } = await reads(t, GOOD, undefined, { 'disable-access-log': 'true' });
    assert.match(whyNot(log) ?? '', /disable-access-log/);
  });

  it('is of no use if it lacks what is needed, which is named', async (t) => {
    const { log } = await reads(t, GOOD, undefined, { 'log-format-upstream': '$status' });
    assert.match(whyNot(log) ?? '', /format .* cannot be used: .*\$proxy_alternative_upstream_name/);
  });
});

describe('traffic/nginx/access-log/follow: users’ data', () => {
  it('is in no message and in no count', async (t) => {
    const secret = {
      ...STABLE,
      remote_addr: '198.51.100.23',
      request: 'GET /reset?token=hunter2 HTTP/1.1',
      http_user_agent: 'Agent/7',
    };
    const { server, log } = await followed(t);
    const said: string[] = [];
    const note = () =>
      said.push(JSON.stringify([whyNot(log), log.seen(), log.side('stable'), log.side('canary')]));
    server.write('a', line(secret), ...Array.from({ length: 60 }, () => `x ${line(secret)}`));
    await server.clock.sleep(SOON_MS);
    note();
    server.writeCut('a', line(secret));
    await server.clock.sleep(SOON_MS);
    note();
    server.fault = 'reset';
    server.cut();
    await server.clock.sleep(5_000);
    note();
    assert.ok(said.every((each) => each.length > 2));
    for (const each of said) assert.doesNotMatch(each, /198\.51|hunter2|Agent|reset/);
  });
});
