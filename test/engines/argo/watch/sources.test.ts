import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { fixedSource } from '../../../../src/cluster/object-source.ts';
import { ingresses } from '../../../../src/cluster/resource.ts';
import type { Rollout } from '../../../../src/engines/argo/rollout/types.ts';
import { splitOf } from '../../../../src/engines/argo/watch/sources.ts';
import { rolloutOf } from '../fixtures.ts';

type Strategy = NonNullable<NonNullable<Rollout['spec']>['strategy']>;

const ingress = (name: string, service: string): Ingress => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        http: {
          paths: [{ pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }],
        },
      },
    ],
  },
});

const OBJECTS = {
  ...fixedSource([[ingresses, [ingress('web', 'web'), ingress('other', 'other')]]]),
  isReadable: () => true,
};

describe('what ingress-nginx splits of a Rollout', () => {
  const services = { stableService: 'web', canaryService: 'web-canary' };
  const cases: [what: string, strategy: Strategy, expected: object | undefined][] = [
    [
      'the Ingresses that a canary names',
      { canary: { ...services, trafficRouting: { nginx: { stableIngresses: ['web', 'api'] } } } },
      {
        services: [{ stable: 'web', canary: 'web-canary' }],
        routes: [
          { stable: 'web', canary: 'web-web-canary' },
          { stable: 'api', canary: 'web-api-canary' },
        ],
      },
    ],
    ['nothing of a canary by the number of pods', { canary: services }, undefined],
    [
      'the Ingresses that lead to the active Service',
      { blueGreen: { activeService: 'web', previewService: 'preview' } },
      {
        services: [{ stable: 'web', canary: 'preview' }],
        routes: [{ stable: 'web', canary: 'web-canary' }],
      },
    ],
    ['nothing, if none leads there', { blueGreen: { activeService: 'inner' } }, undefined],
  ];
  for (const [what, strategy, expected] of cases) {
    it(what, () => {
      const split = splitOf(rolloutOf({ spec: { strategy } }), 'shop', OBJECTS);
      assert.deepEqual(split, expected && { namespace: 'shop', workload: 'web', ...expected });
    });
  }
});
