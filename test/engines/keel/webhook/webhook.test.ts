import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { SEND_LIMITS } from '../../../../src/engines/keel/webhook/send.ts';
import { type KeelOptions, type KeelServer, startKeel } from '../../../sim/keel.ts';
import { NATIVE, RELEASE, run, typesOf } from '../helpers.ts';

const ADMIN = { username: 'admin', password: 'correct-horse' };
const open: { close(): Promise<void> }[] = [];

async function keel(options?: KeelOptions): Promise<KeelServer> {
  const server = await startKeel(options);
  open.push(server);
  return server;
}

/** An address on loopback at which nothing listens. */
async function deadUrl(): Promise<string> {
  const server = await keel();
  await server.close();
  return server.webhook;
}

describe('engines/keel/webhook/webhook', () => {
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  it('sends the body that is made from the release, and claims no more than Keel does', async () => {
    const server = await keel();
    const { outcome, events } = await run({ urls: [server.webhook] });
    assert.deepEqual(outcome, {
      kind: 'promoted',
      reason: 'Keel accepted the webhook (queued). Keel does not report the result.',
      hints: [],
      image: `${RELEASE.repository}:${RELEASE.tag}`,
      to: `${RELEASE.repository}:${RELEASE.tag}`,
    });
    assert.deepEqual(typesOf(events), ['sent', 'answer']);
    assert.deepEqual(server.queued, ['registry.example.com:5000/team/web:1.4.2']);
    assert.equal(server.seen[0]?.body, '{"name":"registry.example.com:5000/team/web","tag":"1.4.2"}');
    assert.equal(server.seen[0]?.headers['content-type'], 'application/json');
  });

  it('takes the settings of a plugins/webhook step as they are', async () => {
    const server = await keel({
      basicAuth: { username: 'admin', password: 'admin' },
      authenticatedWebhooks: true,
      hasUi: true,
    });
    const template = '{ "name": "192.0.2.115:5000/pregap",\n  "tag": "1.4.2" }\n';
    const { outcome, text } = await run({
      urls: [server.webhook],
      username: 'admin',
      password: 'admin',
      contentType: 'application/json',
      debug: true,
      template,
    });
    assert.equal(outcome.kind, 'promoted');
    assert.equal(outcome.image, '192.0.2.115:5000/pregap:1.4.2');
    assert.equal(server.seen[0]?.body, template.trimEnd());
    assert.match(text, /Authorization: \*\*\*/);
  });

  it('prints what would be sent on a dry run, and sends nothing', async () => {
    const server = await keel();
    const { outcome, events } = await run({ urls: [server.webhook], dryRun: true });
    assert.equal(outcome.kind, 'shown');
    assert.deepEqual(events, [
      {
        type: 'plan',
        title: 'This would be sent to Keel:',
        lines: [
          `POST ${server.webhook}`,
          '  Content-Type: application/json',
          '  | {"name":"registry.example.com:5000/team/web","tag":"1.4.2"}',
        ],
      },
    ]);
    assert.deepEqual(server.seen, []);
  });

  it('says that username or password is wrong', async () => {
    const server = await keel({ basicAuth: ADMIN, authenticatedWebhooks: true });
    const { outcome } = await run({ urls: [server.webhook], username: 'admin', password: 'wrong-horse' });
    assert.equal(outcome.kind, 'refused');
    assert.match(outcome.reason, /answered 401: "Unauthorized": username or password is wrong/);
    assert.equal(server.seen.length, 1);
  });

  it('says that credentials are missing', async () => {
    const server = await keel({ basicAuth: ADMIN, authenticatedWebhooks: true });
    const { outcome } = await run({ urls: [server.webhook] });
    assert.match(outcome.reason, /401: "Unauthorized", and username is not set/);
    assert.match(outcome.hints.join(), /Set username and password to BASIC_AUTH_USER/);
  });

  it('uses credentials that stand in the address, and never shows them', async () => {
    const server = await keel({
      basicAuth: { ...ADMIN, password: 'p@ss word' },
      authenticatedWebhooks: true,
    });
    const address = server.webhook.replace('//', '//admin:p%40ss%20word@');
    const { outcome, text } = await run({ urls: [address], debug: true });
    assert.equal(outcome.kind, 'promoted');
    for (const secret of ['p@ss word', 'p%40ss%20word', Buffer.from('admin:p@ss word').toString('base64')]) {
      assert.ok(!text.includes(secret), secret);
    }
  });

  it('hides secrets even if the server sends them back', async () => {
    const server = await keel();
    const pair = Buffer.from('admin:correct-horse').toString('base64');
    server.fail({
      kind: 'answer',
      status: 400,
      headers: { 'X-Seen': 'correct-horse' },
      body: `you sent Basic ${pair}`,
    });
    const { outcome, text } = await run({ urls: [server.webhook], ...ADMIN, debug: true });
    assert.equal(outcome.kind, 'refused');
    assert.ok(!text.includes(pair) && !text.includes('correct-horse'), text);
  });

  it('knows the start page of Keel for a mistyped path', async () => {
    const server = await keel({ basicAuth: ADMIN, hasUi: true });
    for (const path of ['/v1/webhook/native', '/v1/webhooks/native/', '/']) {
      const { outcome } = await run({ urls: [`${server.url}${path}`] });
      assert.equal(outcome.kind, 'refused');
      assert.match(outcome.reason, /answered 200 with an HTML page/);
      assert.deepEqual(outcome.hints, [`Set urls to ${server.webhook}.`]);
    }
    assert.deepEqual(server.queued, []);
  });

  it('does not follow the redirect of a double slash', async () => {
    const server = await keel();
    const { outcome } = await run({ urls: [`${server.url}//v1/webhooks/native`] });
    assert.match(outcome.reason, /answered 301, a redirect to .*does not follow it/);
    assert.deepEqual(outcome.hints, [`The path has a double slash; set urls to ${server.webhook}.`]);
    assert.equal(server.seen.length, 1);
  });

  it('tries again after 5xx, with pauses that double, and tells of it when it happens', async () => {
    const server = await keel();
    server.fail({ kind: 'answer', status: 503 }, { kind: 'answer', status: 503 });
    const { outcome, slept, events } = await run({ urls: [server.webhook] });
    assert.equal(outcome.kind, 'promoted');
    assert.deepEqual(slept, [1000, 2000]);
    assert.deepEqual(typesOf(events), ['warning', 'warning', 'sent', 'answer']);
  });

  it('waits as long as the server asks, within its bound', async () => {
    const server = await keel();
    const busy = (after: string) => ({
      kind: 'answer' as const,
      status: 429,
      headers: { 'Retry-After': after },
    });
    server.fail(busy('4'), busy('3600'));
    const { outcome, slept } = await run({ urls: [server.webhook] });
    assert.equal(outcome.kind, 'promoted');
    assert.deepEqual(slept, [4000, SEND_LIMITS.longestPauseMs]);
  });

  it('does not send again what may have been taken, and says what is not known', async () => {
    const server = await keel();
    server.fail({ kind: 'answer', status: 503 }, { kind: 'answer', status: 500, body: 'oops\n' });
    const { outcome } = await run({ urls: [server.webhook] });
    assert.equal(server.seen.length, 2);
    assert.equal(outcome.kind, 'aborted');
    assert.match(outcome.reason, /^It is unknown whether Keel accepted the webhook: .* answered 500: "oops"/);
  });

  it('does not send again after a reset, since Keel may carry out two, but to other addresses it does', async () => {
    const server = await keel();
    server.fail({ kind: 'reset' });
    const { outcome, slept } = await run({ urls: [server.webhook] });
    assert.equal(outcome.kind, 'aborted');
    assert.deepEqual(slept, []);
    server.fail({ kind: 'reset' });
    const other = await run({ urls: [server.webhook.replace('native', 'other')] });
    assert.deepEqual(other.slept, [1000]);
  });

  it('says that nothing listens', async () => {
    const { outcome, slept } = await run({ urls: [await deadUrl()] });
    assert.equal(outcome.kind, 'refused');
    assert.match(outcome.reason, /nothing listens at 127\.0\.0\.1:\d+: the connection was refused/);
    assert.deepEqual(slept, [1000, 2000, 4000]);
  });

  it('ends with its deadline when there is no answer, and does not send again', async () => {
    const server = await keel();
    server.fail({ kind: 'silence' });
    const guard = new AbortController();
    const requested = server.requested().then(() => guard.abort());
    const { outcome } = await run({ urls: [server.webhook] }, { guard: guard.signal });
    await requested;
    assert.equal(outcome.kind, 'aborted');
    assert.match(outcome.reason, /did not answer in time/);
    assert.equal(server.seen.length, 1);
  });

  it('ends when the step is cancelled', async () => {
    const server = await keel();
    server.fail({ kind: 'silence' });
    const cancel = new AbortController();
    const requested = server.requested().then(() => cancel.abort());
    const { outcome } = await run({ urls: [server.webhook, server.webhook] }, {}, cancel.signal);
    await requested;
    assert.equal(outcome.kind, 'aborted');
    assert.match(outcome.reason, /the step was cancelled/);
    assert.equal(server.seen.length, 1);
  });

  it('sends nothing when the step was cancelled before', async () => {
    const server = await keel();
    const { outcome } = await run({ urls: [server.webhook] }, {}, AbortSignal.abort());
    assert.equal(outcome.kind, 'refused');
    assert.equal(server.seen.length, 0);
  });

  it('reads only the beginning of a page without an end', async () => {
    const server = await keel();
    const body = `<html>${'x'.repeat(10_000_000)}</html>`;
    server.fail({ kind: 'answer', status: 200, headers: { 'Content-Type': 'text/html' }, body });
    const { outcome, text } = await run({ urls: [server.webhook], debug: true });
    assert.equal(outcome.kind, 'refused');
    assert.ok(text.length < 40_000, `${text.length}`);
    assert.match(text, /the rest is left out/);
  });

  it('says that an answer is not HTTP', async () => {
    const server = createServer((socket) => void socket.resume().end('SSH-2.0-OpenSSH_9.9\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { outcome, slept } = await run({ urls: [`http://127.0.0.1:${port}/v1/webhooks/native`] });
    await new Promise((resolve) => server.close(resolve));
    assert.match(outcome.reason, /is not HTTP/);
    assert.deepEqual(slept, []);
  });

  it('says that a port speaks no TLS', async () => {
    const server = await keel();
    const { outcome } = await run({ urls: [server.webhook.replace('http:', 'https:')] });
    assert.equal(outcome.kind, 'refused');
    assert.match(outcome.reason, /does not speak TLS/);
    assert.match(outcome.hints.join(), /write http:\/\/ in urls/);
  });

  it('tells every address, and says which one did not take it', async () => {
    const good = await keel();
    const bad = await keel({ authenticatedWebhooks: true });
    const { outcome, events } = await run({ urls: [bad.webhook, good.webhook] });
    assert.equal(outcome.kind, 'aborted');
    assert.match(outcome.reason, /^Only 127\.0\.0\.1:\d+ accepted the webhook \(queued\), not all 2: .* 401/);
    assert.deepEqual(typesOf(events), ['sent', 'answer', 'sent', 'answer']);
    assert.equal(good.queued.length, 1);
  });

  it('refuses before sending what Keel would ignore', async () => {
    await assert.rejects(run({ urls: [NATIVE], template: '{"name":"team/Web","tag":"1.0.0"}' }), {
      code: 'body',
    });
  });
});
