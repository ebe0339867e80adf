import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interestsOf } from '../../../../../src/engines/native/observe/mirrored/interests.ts';
import type { Plan } from '../../../../../src/engines/native/plan/plan.ts';
import { gateway } from '../../../../../src/traffic/gateway-api/router.ts';
import { istio } from '../../../../../src/traffic/istio/router.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import type { TrafficRouter } from '../../../../../src/traffic/router.ts';
import { service } from '../../../../../src/traffic/service/router.ts';
import { traefik } from '../../../../../src/traffic/traefik/router.ts';
import { testRouter } from '../../../../traffic/test-route.ts';
import { plan } from '../../fixtures.ts';

/** What is watched of each kind: names, a label selector, or `all`. */
function watchedOf(over: Partial<Plan>, router: TrafficRouter, tests = false): Record<string, unknown> {
  return Object.fromEntries(
    interestsOf(plan(over), router, { tests }).map(({ resource, names, labelSelector }) => [
      resource.plural,
      names ?? labelSelector ?? 'all',
    ]),
  );
}

describe('engines/native/observe/interests', () => {
  it('watches what the plan names, and nothing else of the namespace', () => {
    assert.deepEqual(watchedOf({}, nginx), {
      leases: ['drone-promote-web'],
      deployments: ['web', 'web-canary'],
      services: ['web', 'web-canary'],
      ingresses: ['web', 'web-canary'],
      pods: 'app in (web,web-canary,web-canary-test)',
      endpointslices: 'kubernetes.io/service-name in (web,web-canary)',
    });
  });

  it('watches routes of Gateway API by kind, with those for testers', () => {
    const routes = ['HTTPRoute/web', 'GRPCRoute/rpc'].map((name) => ({ stable: name, canary: name }));
    const { httproutes, grpcroutes } = watchedOf({ routes }, gateway);
    assert.deepEqual(httproutes, ['web', 'web-canary']);
    assert.deepEqual(grpcroutes, ['rpc', 'rpc-web-canary']);
  });

  it('watches the VirtualServices of Istio by name, with the DestinationRules and their copies', () => {
    const name = 'VirtualService/web';
    const routes = [{ stable: name, canary: name, beside: ['DestinationRule/pool'] }];
    const { virtualservices, destinationrules } = watchedOf({ routes }, istio);
    assert.deepEqual([virtualservices, destinationrules], [['web'], ['pool', 'pool-canary']]);
  });

  it('watches the routes of Traefik by name, with those for testers', () => {
    const routes = [{ stable: 'IngressRoute/web', canary: 'IngressRoute/web' }];
    const { ingressroutes, traefikservices, ingresses } = watchedOf({ routes }, traefik);
    assert.deepEqual([ingressroutes, traefikservices, ingresses], [['web', 'web-testers'], [], []]);
  });

  it('watches no Services but those of the plan for a router that switches them', () => {
    const routes = [{ stable: 'web', canary: 'web' }];
    const { services, ...others } = watchedOf({ routes }, service);
    assert.deepEqual(services, ['web', 'web-canary']);
    assert.deepEqual(Object.keys(others), ['leases', 'deployments', 'pods', 'endpointslices']);
  });

  it('watches all routes of a router that does not say which it reads', () => {
    assert.equal(watchedOf({}, testRouter).testroutes, 'all');
  });

  it('watches an autoscaler, policies with their copies, and the Jobs of checks if there are any', () => {
    const seen = watchedOf(
      {
        autoscaler: { name: 'web' },
        policies: [
          { kind: 'NetworkPolicy', stable: 'web', canary: 'web-canary' },
          { kind: 'PodDisruptionBudget', stable: 'web-pdb', canary: 'web-pdb-canary' },
        ],
      } as Partial<Plan>,
      nginx,
      true,
    );
    assert.deepEqual(seen.horizontalpodautoscalers, ['web']);
    assert.deepEqual(seen.networkpolicies, ['web', 'web-canary']);
    assert.deepEqual(seen.poddisruptionbudgets, ['web-pdb', 'web-pdb-canary']);
    assert.equal(seen.jobs, 'drone-promote/workload=web');
  });

  it('keeps pods whole if the promotion writes them, and drops what nothing reads if not', () => {
    const reduces = (over: Partial<Plan>) =>
      interestsOf(plan(over), nginx).find(({ resource }) => resource.plural === 'pods')?.reduce !== undefined;
    assert.equal(reduces({}), true);
    const out = { value: 'web-out', services: ['web'] };
    assert.equal(
      reduces({ pace: { readySeconds: 0, surge: 1, out } as unknown as NonNullable<Plan['pace']> }),
      false,
    );
  });
});
