import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { systemClock } from '../../../src/clock.ts';
import type { Cluster } from '../../../src/cluster/client.ts';
import type { VirtualService } from '../../../src/traffic/istio/kinds.ts';
import { requestSources } from '../../../src/traffic/istio/request-sources.ts';
import { objectsOf, SPLIT, serviceOf, to } from './helpers.ts';

const pod = (name: string, over: Partial<Pod> = {}): Pod => ({
  metadata: { name, uid: name, namespace: 'istio-system' },
  spec: { containers: [{ name: 'istio-proxy' }] },
  status: { phase: 'Running' },
  ...over,
});
const annotated = (name: string, port: string): Pod => ({
  ...pod(name),
  metadata: {
    ...pod(name).metadata,
    annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': port, 'prometheus.io/path': '/s' },
  },
});
const ISTIOD = pod('istiod', { spec: { containers: [{ name: 'discovery' }] } });

/** What was asked, and a source that asks it. */
function sourceOf(
  pods: readonly Pod[],
  { controllerNamespace = 'ingress-nginx', service = serviceOf([to({ web: 1 })]), page = '' } = {},
) {
  const asked: string[] = [];
  const cluster = {
    async list(_: unknown, __: unknown, { namespace }: { namespace: string }) {
      asked.push(`list ${namespace}`);
      return { items: pods };
    },
    async proxy(namespace: string, name: string, port: number, path: string) {
      asked.push(`${namespace}/${name}:${port}${path}`);
      return page;
    },
  } as unknown as Cluster;
  const access = { cluster, clock: systemClock, controllerNamespace, accessLogFormat: undefined };
  const [source] = requestSources(SPLIT, objectsOf([service]), access);
  return { asked, source };
}

describe('who counts the requests of a VirtualService', () => {
  it('all running pods with a proxy in istio-system, by the port of the agent or the one that they name', async () => {
    const { asked, source } = sourceOf([pod('a'), annotated('b', '15090'), ISTIOD, pod('c', { status: {} })]);
    assert.ok('reading' in ((await source?.poll()) ?? {}));
    assert.deepEqual(asked, [
      'list istio-system',
      'istio-system/a:15020/stats/prometheus',
      'istio-system/b:15090/s',
    ]);
  });

  it('those of the namespace that `controller_namespace` names', async () => {
    const { asked, source } = sourceOf([pod('a')], { controllerNamespace: 'edge' });
    await source?.poll();
    assert.equal(asked[0], 'list edge');
  });

  it('says where it has looked if there is none', async () => {
    assert.deepEqual(await sourceOf([ISTIOD]).source?.poll(), {
      unavailable:
        'no pod of a gateway runs in namespace istio-system; `controller_namespace` names another one.',
    });
  });

  it('is proven by a gateway that knows the Service, also without requests', async () => {
    const page = 'x{envoy_cluster_name="outbound|80||web.shop.svc.cluster.local"} 4\n';
    for (const [shown, proof] of [
      [page, 'a gateway knows the Service'],
      ['', undefined],
    ] as const) {
      const { source } = sourceOf([pod('a')], { page: shown });
      await source?.poll();
      assert.equal(source?.proof(), proof);
    }
  });

  const table: [name: string, spec: VirtualService['spec'], counts: boolean][] = [
    ['a VirtualService of the mesh alone', { gateways: ['mesh'] }, false],
    ['a VirtualService that names no gateway', { gateways: [] }, false],
    ['a VirtualService of both', { gateways: ['mesh', 'edge'] }, true],
    ['a delegate, whose root is elsewhere', { hosts: [], gateways: [] }, true],
  ];
  for (const [name, spec, counts] of table) {
    it(`${name}: ${counts ? 'the gateways' : 'nobody, because the callers are not known'}`, () => {
      const service = serviceOf([to({ web: 1 })], spec);
      assert.equal(sourceOf([pod('a')], { service }).source !== undefined, counts);
    });
  }

  it('a delegate whose root here is of the mesh alone: nobody', () => {
    const root = serviceOf([{ delegate: { name: 'web' } }], { gateways: ['mesh'] }, { name: 'root' });
    const web = serviceOf([to({ web: 1 })], { hosts: [], gateways: [] });
    const access = { clock: systemClock, controllerNamespace: 'edge', accessLogFormat: undefined };
    const sources = requestSources(SPLIT, objectsOf([web, root]), { ...access, cluster: {} as Cluster });
    assert.deepEqual(sources, []);
  });
});
