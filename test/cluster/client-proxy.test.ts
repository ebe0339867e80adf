import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ApiError } from '../../src/cluster/api-error.ts';
import { leases } from '../../src/cluster/resource.ts';
import { PromoteError } from '../../src/errors.ts';
import { clientOf, serve } from './helpers.ts';

const LIMIT = { timeoutMs: 5_000 };

describe('cluster/client proxy', () => {
  it('gives what the pod answers, as it is, also where it looks like JSON or is packed', async (t) => {
    const texts = ['{"a": 1}', '', '"x"', 'm{a="ü"} 1\n'];
    const url = await serve(t, (request, response) => {
      const text = texts[Number(request.url?.split('/').at(-1))] ?? '';
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync(text));
    });
    const client = await clientOf(url);
    for (const [index, text] of texts.entries()) {
      assert.equal(await client.proxy('edge', 'web', 80, `/${index}`, LIMIT), text);
    }
  });

  const paths: [path: string, sent: string][] = [
    ['/metrics', '/metrics'],
    ['metrics', '/metrics'],
    ['/metrics?name[]=a', '/metrics?name[]=a'],
    ['', '/'],
    ['/../../../secrets', '/secrets'],
    ['/%2e%2e/%2E%2E/secrets', '/secrets'],
    ['/..\\..\\secrets', '/secrets'],
    ['//elsewhere/x', '/elsewhere/x'],
    ['/\\elsewhere', '/elsewhere'],
    ['/a b#c', '/a%20b'],
  ];
  for (const [path, sent] of paths) {
    it(`asks for ${JSON.stringify(path)} at the pod, and nowhere else`, async (t) => {
      let asked = '';
      const url = await serve(t, (request, response) => {
        asked = request.url ?? '';
        response.end();
      });
      await (await clientOf(url)).proxy('edge', 'web/1', 'http', path, LIMIT);
      assert.equal(asked, `/api/v1/namespaces/edge/pods/web%2F1:http/proxy${sent}`);
    });
  }

  it('carries the credentials, and asks once', async (t) => {
    let [authorization, asked]: [string | undefined, number] = ['', 0];
    const url = await serve(t, (request, response) => {
      authorization = request.headers.authorization;
      asked += 1;
      response.writeHead(503).end();
    });
    const client = await clientOf(url);
    await assert.rejects(
      client.proxy('edge', 'web', 80, '/', LIMIT),
      (error) => error instanceof ApiError && error.status === 503,
    );
    assert.deepEqual([authorization, asked, client.requests()], ['Bearer step', 1, 1]);
  });

  it('takes no page above 16 MB, unpacked', async (t) => {
    const packed = gzipSync(Buffer.alloc(17 * 1024 * 1024, '#'));
    const url = await serve(t, (_, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(packed);
    });
    await assert.rejects((await clientOf(url)).proxy('edge', 'web', 80, '/', LIMIT), /maxContentLength/);
  });

  it('tells that the time is over', async (t) => {
    const url = await serve(t, () => {});
    await assert.rejects((await clientOf(url)).proxy('edge', 'web', 80, '/', { timeoutMs: 20 }), (error) => {
      assert.ok(error instanceof PromoteError && error.cause instanceof Error);
      assert.deepEqual([error.code, error.cause.name], ['unreachable', 'TimeoutError']);
      return true;
    });
  });

  it('lists in another namespace, where one is named', async (t) => {
    const asked: (string | undefined)[] = [];
    const url = await serve(t, (request, response) => {
      asked.push(request.url);
      response.setHeader('Content-Type', 'application/json');
      response.end('{"metadata":{"resourceVersion":"7"},"items":[]}');
    });
    const client = await clientOf(url);
    await client.list(leases, {}, { namespace: 'edge' });
    await client.list(leases, { labelSelector: 'a=b' });
    assert.deepEqual(asked, [
      '/apis/coordination.k8s.io/v1/namespaces/edge/leases?limit=250',
      '/apis/coordination.k8s.io/v1/namespaces/shop/leases?labelSelector=a%3Db&limit=250',
    ]);
  });
});
