import assert from 'node:assert/strict';
import { it } from 'node:test';
import { grantsOf, rbacKeelRules } from '../../e2e/rbac.ts';
import { addRoute, addWorkload, startKeelWorld } from '../engines/keel/outcome-helpers.ts';

const UNUSED = [
  // for the format of the access log; the built-in controller has no ConfigMap
  'get /configmaps in ingress-nginx',
  // the built-in cluster does not roll them out
  'update apps/statefulsets in shop',
  'update apps/daemonsets in shop',
  // nobody comes by a gateway of Istio here
  'list /pods in istio-system',
  'get /pods/proxy in istio-system',
  // nor by one of Envoy Gateway or of Traefik
  'list /pods in envoy-gateway-system',
  'get /pods/log in envoy-gateway-system',
  'list discovery.k8s.io/endpointslices in shop',
  'list gateway.envoyproxy.io/backendtrafficpolicies in shop',
  'list gateway.networking.k8s.io/backendtlspolicies in shop',
  'list gateway.networking.k8s.io/referencegrants in shop',
  'list gateway.networking.x-k8s.io/xbackendtrafficpolicies in shop',
  'list traefik.io/middlewares in shop',
];

/** Tried without the right: where Traefik usually runs. */
const TRIED = ['list /pods in traefik', 'list /pods in kube-system'];

it('the rights of a promotion through Keel are enough, and none is unused', async () => {
  const world = await startKeelWorld({ 'keel.sh/policy': 'all' });
  try {
    addWorkload(world.cluster, 'cronjobs', 'nightly', { 'keel.sh/policy': 'all' });
    addRoute(world.cluster, 'web');
    const watched = { unwatched: undefined, metrics_port: 8080 };
    const back = world.step({ ...watched, tag: '1.0.1-die5', checks: 'restarts <= 0' });
    assert.equal(await back.done, 1, back.log());
    for (const plural of ['statefulsets', 'daemonsets'])
      addWorkload(world.cluster, plural, plural, { 'keel.sh/policy': 'all' });
    const run = world.step({ ...watched, tag: '1.0.2-crash', timeout: '20s' });
    assert.equal(await run.done, 3, run.log());
    assert.match(run.log(), /\| Error: cannot open database/, 'the log of a pod was read');
    const asked = [...world.cluster.server.asked].flatMap(([token, all]) =>
      token.startsWith('step-') ? [...all].filter((right) => !TRIED.includes(right)) : [],
    );
    const granted = [...new Set(grantsOf(rbacKeelRules()))].filter((each) => !UNUSED.includes(each));
    assert.deepEqual([...new Set(asked)].sort(), granted.sort());
  } finally {
    await world.stop();
  }
});
