import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { Picture } from '../../../src/watch/screen.ts';
import { serveOnLoopback, type WebScreen } from '../../../src/watch/web/server.ts';

const PICTURE: Picture = {
  title: 'no promotion is in progress in shop',
  seen: [],
  sampled: [],
  waiting: [],
  rows: [],
  details: [],
  notes: ['a note with pa55word'],
  at: Date.parse('2026-11-28T20:00:00Z'),
};

let web: WebScreen;
before(async () => {
  web = await serveOnLoopback(0, (text) => text.replaceAll('pa55word', '******'));
});
after(() => web.close());

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function ask(
  path: string,
  { host, method = 'GET' }: { host?: string; method?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(web.url);
    const headers = host === undefined ? {} : { host };
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('watch/web/server', () => {
  it('listens on loopback alone', () => assert.match(web.url, /^http:\/\/127\.0\.0\.1:\d+\/$/));

  it('says before the first look that there is nothing yet', async () =>
    assert.equal((await ask('/')).status, 503));

  it('has the page, with a policy that allows no script, and no secret', async () => {
    web.show(PICTURE);
    const { status, headers, body } = await ask('/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[^']+'; /,
    );
    assert.doesNotMatch(String(headers['content-security-policy']), /script|unsafe/);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(body, /a note with \*{6}/);
  });

  const hosts: [host: string, status: number][] = [
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8080', 421],
    ['evil.example@localhost', 421],
  ];
  for (const [host, status] of hosts) {
    it(`answers ${status} to Host: ${host}`, async () => {
      const answer = await ask('/', { host });
      assert.equal(answer.status, status);
      if (status !== 200) assert.doesNotMatch(answer.body, /promotion is/);
    });
  }

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
    it(`refuses ${method}`, async () => {
      const { status, headers } = await ask('/', { method });
      assert.deepEqual([status, headers.allow], [405, 'GET']);
    });
  }

  for (const path of ['/x', '/../etc/passwd', '//evil.example/', '/favicon.ico']) {
    it(`has nothing at ${path}`, async () => assert.equal((await ask(path)).status, 404));
  }

  it('says nothing of the query', async () =>
    assert.doesNotMatch((await ask('/?open=%3Cscript%3Ehello')).body, /hello/));

  it('answers 500 if somebody’s data cannot be drawn, and goes on', async () => {
    web.show({ ...PICTURE, seen: [{ namespace: 's', workload: 'w', history: [{}] as never }] });
    assert.equal((await ask('/?open=s%20w')).status, 500);
    web.show(PICTURE);
    assert.equal((await ask('/')).status, 200);
  });

  it('a port that is in use is an error', () =>
    assert.rejects(serveOnLoopback(Number(new URL(web.url).port), String), /EADDRINUSE/));
});
