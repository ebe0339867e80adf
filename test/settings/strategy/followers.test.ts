import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentOf, faultsOf, NATIVE } from '../helpers.ts';

const LIST = { ...NATIVE, workload: 'deployment/shop,deployment/worker' };

describe('settings/strategy/followers', () => {
  const cases: [what: string, settings: Record<string, string>, faults: readonly string[]][] = [
    ['several workloads', LIST, []],
    ['`order`', { ...LIST, order: 'before' }, []],
    [
      '`order` without a list',
      { ...NATIVE, order: 'before' },
      ['`order` has no effect, because `workload` names one workload.'],
    ],
    [
      'a Rollout goes alone',
      { ...LIST, workload: 'rollout/shop,deployment/worker' },
      [
        '`workload` names several workloads, but a Rollout is promoted alone; promote the others by a step of their own.',
      ],
    ],
    [
      'an experiment changes nothing',
      { ...LIST, strategy: 'experiment' },
      ['`workload` names several workloads, but `strategy: experiment` changes none; name the one to try.'],
    ],
    [
      'a StatefulSet does not lead',
      { ...LIST, workload: 'statefulset/shop,deployment/worker' },
      [
        '`workload` names several workloads, but `strategy: rolling` rolls one. A Deployment with `strategy: canary` or `bluegreen` takes others with it.',
      ],
    ],
    [
      'Keel knows its workloads itself',
      { ...LIST, engine: 'keel', urls: 'http://keel:9300/v1/webhooks/native' },
      ['`workload` names several workloads, but Keel updates every workload that it watches for the image.'],
    ],
  ];
  for (const [what, settings, faults] of cases)
    it(what, () => assert.deepEqual(faultsOf(environmentOf(settings)), faults));
});
