import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { httpRoutes } from '../../../../src/traffic/gateway-api/routes.ts';
import {
  envoyGatewaysOf,
  flushMsOf,
  logOf,
  proxiesOf,
} from '../../../../src/traffic/gateway-api/sources/proxy-pods.ts';
import { reportOf, routeOf } from '../helpers.ts';

const ENVOY = 'gateway.envoyproxy.io/gatewayclass-controller';
const GATEWAY = { namespace: 'edge', name: 'edge' };
const OWNED = {
  'gateway.envoyproxy.io/owning-gateway-namespace': 'edge',
  'gateway.envoyproxy.io/owning-gateway-name': 'edge',
};

function proxy(labels: Record<string, string>, args: string[] = [], phase = 'Running'): Pod {
  return {
    metadata: { name: 'envoy-edge-1', namespace: 'envoy-gateway-system', uid: 'u1', labels },
    spec: { containers: [{ name: 'shutdown-manager' }, { name: 'envoy', args }] },
    status: { phase },
  };
}

describe('traffic/gateway-api/sources/proxy-pods', () => {
  it('the Gateways of a route are those that Envoy Gateway reports on, in the namespace that is named', () => {
    const at = (namespace: string | undefined, controller: string) => ({
      ...reportOf({}, controller),
      parentRef: { name: 'edge', ...(namespace === undefined ? {} : { namespace }) },
    });
    const parents = [at('edge', ENVOY), at(undefined, ENVOY), at('other', 'traefik.io/gateway-controller')];
    const route = routeOf([], { status: { parents } });
    assert.deepEqual(envoyGatewaysOf({ resource: httpRoutes, route }), [
      GATEWAY,
      { namespace: 'shop', name: 'edge' },
    ]);
  });

  const pods: [what: string, pod: Pod, serves: boolean][] = [
    ['a proxy of the Gateway', proxy(OWNED), true],
    [
      'one of another Gateway',
      proxy({ ...OWNED, 'gateway.envoyproxy.io/owning-gateway-name': 'inner' }),
      false,
    ],
    [
      'one of another namespace',
      proxy({ ...OWNED, 'gateway.envoyproxy.io/owning-gateway-namespace': 'x' }),
      false,
    ],
    ['one of all Gateways of a class', proxy({ 'gateway.envoyproxy.io/owning-gatewayclass': 'envoy' }), true],
    ['one that does not run', proxy(OWNED, [], 'Pending'), false],
  ];
  for (const [what, pod, serves] of pods) {
    it(`${what} ${serves ? 'serves' : 'does not serve'} it`, () => {
      assert.equal(proxiesOf([pod], [GATEWAY]).length, serves ? 1 : 0);
    });
  }

  it('the log is that of the container envoy', () => {
    assert.deepEqual(logOf(proxy(OWNED)), {
      key: 'u1',
      namespace: 'envoy-gateway-system',
      pod: 'envoy-edge-1',
      container: 'envoy',
    });
  });

  const flushes: [args: string[], ms: number][] = [
    [[], 10_000],
    [['--file-flush-interval-msec', '1000'], 1_000],
    [['--log-level', 'warn', '--file-flush-interval-msec=250'], 250],
    [['--file-flush-interval-msec', 'soon'], 10_000],
  ];
  for (const [args, ms] of flushes) {
    it(`with ${args.join(' ') || 'no arguments'} lines are kept for ${ms} ms`, () => {
      assert.equal(flushMsOf(proxy(OWNED, args)), ms);
    });
  }
});
