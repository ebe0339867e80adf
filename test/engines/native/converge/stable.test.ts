import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import { convergeStable } from '../../../../src/engines/native/converge/stable.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, observed, plan, record, TO } from '../fixtures.ts';

const NOW = 1_000_000;
const READY_AT = NOW - 60_000;
const OUT = { key: 'app', value: 'web-leaving', services: ['web'], afterMs: 4_000 };
const PACED = plan({ finish: 'pace', pace: { readySeconds: 5, surge: 1, out: OUT } });

const setOf = (
  name: string,
  image: string,
  minReadySeconds: number,
  availableReplicas: number,
): ReplicaSet => ({
  metadata: { name, uid: name },
  spec: {
    replicas: 2,
    minReadySeconds,
    selector: {},
    template: { spec: { containers: [{ name: 'app', image }] } },
  },
  status: { replicas: 2, availableReplicas },
});

const podOf = (set: string) => ({
  metadata: {
    name: `${set}-1`,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: set }],
  },
  status: {
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(READY_AT).toISOString() }],
  },
});

/** What is done first on the way back, in the middle of a rollout. @param old the ReplicaSet of the version before */
function firstOnTheWayBack(old: ReplicaSet): string {
  const decision = convergeStable({
    record: record({ plan: PACED, direction: 'down', restore: true }),
    stage: {
      kind: 'restore',
      name: 'restore stable',
      weight: 'lower',
      replicaPercent: 'keep',
      image: 'from',
      forMs: 0,
    },
    snapshot: observed({
      stable: deployment('web', TO, 4),
      rolling: {
        sets: [old, setOf('new', TO, 120, 0)],
        pods: [podOf('old'), podOf('new')],
        leaving: [],
        served: [],
      },
    }),
    now: NOW,
    router: nginx,
  });
  if (decision?.do !== 'write') return `${decision?.do}`;
  return decision.writes
    .map(({ resource, object }) => {
      const { minReadySeconds } = (object as ReplicaSet).spec ?? {};
      return `${resource.kind}/${object.metadata?.name} minReadySeconds ${minReadySeconds}`;
    })
    .join(', ');
}

describe('engines/native/converge/stable: the way back in the middle of a pace', () => {
  // its pods have been ready for 60 s; 120 s more are those in which nobody may be there
  const rows: [what: string, old: ReplicaSet, first: string][] = [
    [
      'the pods of before count as available: their ReplicaSet first',
      setOf('old', FROM, 0, 2),
      'ReplicaSet/old minReadySeconds 180',
    ],
    ['it is told, and has not counted them yet: waits', setOf('old', FROM, 180, 2), 'wait'],
    [
      'told a while ago: it counts for long enough',
      setOf('old', FROM, 150, 0),
      'Deployment/web minReadySeconds 180',
    ],
    ['told long ago: once more', setOf('old', FROM, 90, 0), 'ReplicaSet/old minReadySeconds 180'],
    [
      'none of its pods is left',
      { ...setOf('old', FROM, 0, 0), spec: { ...setOf('old', FROM, 0, 0).spec, selector: {}, replicas: 0 } },
      'Deployment/web minReadySeconds 180',
    ],
  ];
  for (const [what, old, first] of rows) it(what, () => assert.equal(firstOnTheWayBack(old), first));
});
