import assert from 'node:assert/strict';
import type http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { ApiError } from '../../src/cluster/api-error.ts';
import { connect } from '../../src/cluster/connect.ts';
import { followLog, type LogRequest } from '../../src/cluster/follow-log.ts';
import { PromoteError } from '../../src/errors.ts';
import { USER_AGENT } from '../../src/version.ts';
import { serve } from './helpers.ts';

const LOG = { namespace: 'ingress-nginx', pod: 'controller-1', container: 'controller' };
const SECRET = '203.0.113.7 GET /reset?token=hunter2';

/** Follows the log of a server that answers so; `heard` is all that it sent. */
async function follow(
  t: TestContext,
  answer: http.RequestListener,
  from: LogRequest['from'] = { tailLines: 1 },
  signal: AbortSignal = new AbortController().signal,
  onData: (chunk: Buffer) => void = () => {},
) {
  const connection = await connect({ server: await serve(t, answer), token: 'step' });
  const heard: string[] = [];
  const done = followLog(connection, systemClock, { ...LOG, from }, signal, {
    onOpen: () => heard.push('open'),
    onData(chunk) {
      heard.push(chunk.toString());
      onData(chunk);
    },
  });
  return { done, heard };
}

describe('cluster/follow-log', () => {
  const froms: [from: LogRequest['from'], query: string][] = [
    [{ tailLines: 1 }, 'tailLines=1'],
    [{ sinceSeconds: 7 }, 'sinceSeconds=7'],
    [{ sinceTime: '2026-11-28T12:00:00.5+01:00' }, 'sinceTime=2026-11-28T12:00:00.5%2B01:00'],
  ];
  for (const [from, query] of froms) {
    it(`asks for a log with times, from ${query} on, in the namespace that is named`, async (t) => {
      let asked: http.IncomingMessage | undefined;
      const { done, heard } = await follow(
        t,
        (request, response) => {
          asked = request;
          response.end('a\n');
        },
        from,
      );
      await done;
      assert.deepEqual(heard, ['open', 'a\n']);
      const path = '/api/v1/namespaces/ingress-nginx/pods/controller-1/log';
      const { pathname, searchParams } = new URL(asked?.url ?? '', 'http://api');
      assert.equal(pathname, path);
      assert.equal(asked?.headers['user-agent'], USER_AGENT);
      const rest = query.replace('%2B', '+').split('=') as [string, string];
      assert.deepEqual(
        [...searchParams],
        [['container', 'controller'], ['follow', 'true'], ['timestamps', 'true'], rest],
      );
      assert.equal(asked?.headers.authorization, 'Bearer step');
    });
  }

  it('passes on what comes as it comes, until the server ends it', async (t) => {
    let more: (text?: string) => void = () => {};
    const { promise: got, resolve } = Promise.withResolvers<void>();
    const { done, heard } = await follow(
      t,
      (_, response) => {
        response.write('a\n');
        more = (text) => (text === undefined ? response.end() : response.write(text));
      },
      { tailLines: 1 },
      undefined,
      () => resolve(),
    );
    await got;
    assert.deepEqual(heard, ['open', 'a\n']);
    more('b\n');
    more();
    await done;
    assert.equal(heard.join(''), 'opena\nb\n');
  });

  it('ends by its signal, while it waits and while it reads', async (t) => {
    for (const isSilent of [true, false]) {
      const end = new AbortController();
      const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      const { done } = await follow(
        t,
        (_, response) => {
          if (!isSilent) response.write('a\n');
          response.on('close', () => closed.resolve());
          asked();
        },
        { tailLines: 1 },
        end.signal,
      );
      await isAsked;
      end.abort();
      await done;
      await closed.promise;
    }
  });

  for (const status of [400, 401, 403, 404, 500, 503]) {
    it(`is an ApiError for ${status}`, async (t) => {
      const { done, heard } = await follow(t, (_, response) => {
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ kind: 'Status', message: 'no, because', reason: 'Why' }));
      });
      await assert.rejects(done, (error) => error instanceof ApiError && error.status === status);
      assert.deepEqual(heard, []);
    });
  }

  it('reads no error answer without end', async (t) => {
    const { done } = await follow(t, (_, response) => {
      response.writeHead(500);
      const write = () => {
        while (response.write('x'.repeat(4096)));
      };
      response.on('drain', write);
      write();
    });
    await assert.rejects(done, ApiError);
  });

  it('says that the server cannot be reached if the log breaks off, and nothing of the log', async (t) => {
    const { done } = await follow(t, (request, response) => {
      response.write(SECRET);
      setTimeout(() => request.socket.destroy(), 20);
    });
    await assert.rejects(done, (error) => {
      assert.ok(error instanceof PromoteError);
      assert.equal(error.code, 'unreachable');
      assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2|203\.0/);
      return true;
    });
  });

  it('says that the server cannot be reached if nothing listens', async () => {
    const connection = await connect({ server: 'http://127.0.0.1:1', token: 'step' });
    const listener = { onOpen() {}, onData() {} };
    const done = followLog(
      connection,
      systemClock,
      { ...LOG, from: { tailLines: 1 } },
      new AbortController().signal,
      listener,
    );
    await assert.rejects(done, /cannot be reached/);
  });

  it('follows no redirect, which would take the token elsewhere', async (t) => {
    const { done } = await follow(t, (_, response) => {
      response.writeHead(302, { Location: 'http://127.0.0.1:1/' });
      response.end();
    });
    await assert.rejects(done, (error) => error instanceof ApiError && error.status === 302);
  });
});
