import assert from 'node:assert/strict';
import type http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { findControllers, readPage, readPages, type Target } from '../../../src/analysis/source/pod-proxy.ts';
import { clientOf, serve } from '../../cluster/helpers.ts';

const TARGET: Target = {
  key: 'u1',
  namespace: 'ingress-nginx',
  pod: 'controller-1',
  port: 10254,
  path: '/metrics',
};
const LIMITS = { timeoutMs: 5_000 };

function status(response: http.ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }));
}

async function clusterOf(t: TestContext, answer: http.RequestListener) {
  return clientOf(await serve(t, answer));
}

describe('analysis/source/pod-proxy', () => {
  describe('findControllers', () => {
    const running = { phase: 'Running' };
    const labels = {
      'app.kubernetes.io/name': 'rke2-ingress-nginx',
      'app.kubernetes.io/component': 'controller',
    };
    const items = [
      {
        metadata: { name: 'c-1', namespace: 'edge', uid: 'u1', labels },
        spec: { containers: [{ name: 'controller', ports: [{ name: 'metrics', containerPort: 9913 }] }] },
        status: running,
      },
      {
        metadata: { name: 'c-2', namespace: 'edge', uid: 'u2', labels },
        spec: { containers: [{}] },
        status: running,
      },
      {
        metadata: { name: 'c-3', namespace: 'edge', uid: 'u3', labels },
        spec: {},
        status: { phase: 'Pending' },
      },
      { metadata: { name: 'c-4', namespace: 'edge', uid: 'u4', labels } },
    ];

    it('finds the pods that run, by their labels, in another namespace', async (t) => {
      let asked = new URL('http://nobody');
      const cluster = await clusterOf(t, (request, response) => {
        asked = new URL(request.url ?? '', 'http://api');
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items }));
      });
      const found = await findControllers(cluster, 'edge');
      assert.equal(asked.pathname, '/api/v1/namespaces/edge/pods');
      assert.equal(asked.searchParams.get('labelSelector'), 'app.kubernetes.io/component=controller');
      assert.deepEqual(found, {
        kind: 'found',
        targets: [
          { key: 'u1', namespace: 'edge', pod: 'c-1', port: 9913, path: '/metrics' },
          { key: 'u2', namespace: 'edge', pod: 'c-2', port: 10254, path: '/metrics' },
        ],
      });
      await findControllers(cluster);
      assert.equal(asked.pathname, '/api/v1/namespaces/ingress-nginx/pods');
    });

    it('tells that it may not look', async (t) => {
      const cluster = await clusterOf(t, (_, response) => status(response, 403, 'pods is forbidden'));
      const found = await findControllers(cluster);
      assert.equal(found.kind, 'denied');
      assert.match('message' in found ? found.message : '', /pods is forbidden/);
    });
  });

  it('reads a page through the API server', async (t) => {
    let asked = '';
    const cluster = await clusterOf(t, (request, response) => {
      asked = request.url ?? '';
      response.end('m 1\n');
    });
    assert.deepEqual(await readPage(cluster, TARGET, LIMITS), { kind: 'page', text: 'm 1\n' });
    assert.equal(asked, '/api/v1/namespaces/ingress-nginx/pods/controller-1:10254/proxy/metrics');
  });

  const answers: [
    what: string,
    answer: (response: http.ServerResponse) => void,
    kind: string,
    message: RegExp,
  ][] = [
    ['401', (response) => status(response, 401, 'Unauthorized'), 'denied', /credentials/],
    ['403', (response) => status(response, 403, 'cannot get pods/proxy'), 'denied', /cannot get pods\/proxy/],
    ['404 of the pod', (response) => status(response, 404, 'pods "x" not found'), 'absent', /not found/],
    [
      '404 of the page',
      (response) => response.writeHead(404).end('404 page not found'),
      'absent',
      /404 page/,
    ],
    [
      '503',
      (response) => status(response, 503, 'error trying to reach service'),
      'failed',
      /trying to reach/,
    ],
    ['500', (response) => response.writeHead(500).end(), 'failed', /500/],
    ['504', (response) => status(response, 504, 'dial timeout'), 'timeout', /dial timeout/],
    ['302', (response) => response.writeHead(302, { Location: '/login' }).end(), 'failed', /302/],
    ['a connection that breaks', (response) => response.destroy(), 'failed', /cannot be reached/],
    [
      'a page that breaks off',
      (response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('m 1\n', () => response.destroy());
      },
      'failed',
      /cannot be reached/,
    ],
  ];
  for (const [what, answer, kind, message] of answers) {
    it(`has an outcome for ${what}: ${kind}, at the first try`, async (t) => {
      const cluster = await clusterOf(t, (_, response) => answer(response));
      const page = await readPage(cluster, TARGET, LIMITS);
      assert.equal(page.kind, kind);
      assert.match('message' in page ? page.message : '', message);
      assert.equal(cluster.requests(), 1);
    });
  }

  it('waits no longer than it may, also for a page that never ends', async (t) => {
    const cluster = await clusterOf(t, (request, response) => {
      if (request.url?.includes('silent')) return;
      const drip = setInterval(() => response.write('m 1\n'), 5);
      t.after(() => clearInterval(drip));
    });
    for (const pod of ['silent', 'drip']) {
      const page = await readPage(cluster, { ...TARGET, pod }, { timeoutMs: 40 });
      assert.equal(page.kind, 'timeout', pod);
    }
  });

  it('is ended by its signal', async (t) => {
    const cluster = await clusterOf(t, () => {});
    const ended = new AbortController();
    const page = readPage(cluster, TARGET, { ...LIMITS, signal: ended.signal });
    ended.abort();
    assert.equal((await page).kind, 'failed');
  });

  it('reads all pages, whatever becomes of one', async (t) => {
    const cluster = await clusterOf(t, (request, response) => {
      if (request.url?.includes('/b:')) status(response, 503, 'gone');
      else response.end('m 1\n');
    });
    const targets = ['a', 'b', 'c'].map((pod) => ({ ...TARGET, key: `u-${pod}`, pod }));
    const pages = await readPages(cluster, targets, LIMITS);
    assert.deepEqual(
      [...pages].map(([key, { kind }]) => [key, kind]),
      [
        ['u-a', 'page'],
        ['u-b', 'failed'],
        ['u-c', 'page'],
      ],
    );
  });
});
