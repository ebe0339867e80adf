import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { decideRolling } from '../../../../src/engines/native/rolling/decide.ts';
import type { Seen } from '../../../../src/engines/native/rolling/seen.ts';
import type { CheckResult } from '../../../../src/measurements.ts';
import type { Step } from '../../../../src/settings/steps.ts';
import { withUpdateStrategy } from '../../../../src/workload/rolling/update-strategy.ts';
import { ALL_WELL, NOW, pods, recordOf, seenOf, set, TEMPLATE } from './fixtures.ts';

/** What is decided, in a few words. */
function wordsOf(decision: Decision): string {
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(({ verb, resource, object }) => {
          const { spec } = object as StatefulSet & DaemonSet & Deployment;
          if (verb === 'delete') return `delete ${object.metadata?.name}`;
          const image = spec?.template.spec?.containers[0]?.image;
          const { type, rollingUpdate } = spec?.updateStrategy ?? {};
          const held = object.metadata?.annotations ? 'held' : 'own';
          return `${resource.kind} ${image} ${type} ${rollingUpdate?.partition ?? ''} ${held}`.replace(
            '  ',
            ' ',
          );
        })
        .join(', ');
    case 'record': {
      const { direction, stage, reachedAt, leave } = decision.record;
      const told = decision.events.map((event) =>
        event.type === 'weight' ? `, ${event.weight} % told` : '',
      );
      return `${direction} ${stage}${reachedAt === undefined ? '' : ' reached'}${leave ? ' leave' : ''}${told.join('')}`;
    }
    case 'wait':
      return decision.event.type === 'waiting' ? `wait ${decision.event.for}` : `hold ${decision.event.type}`;
    case 'end':
      return `end ${decision.outcome.kind}`;
  }
}

const UP = { steps: [{ kind: 'weight', weight: 25, holdMs: 1000 }, { kind: 'hold' }] } as const;
const at = (stage: number, over: Partial<PromotionRecord> = {}) => recordOf(UP, { stage, ...over });
const down = (stage: number, over: Partial<PromotionRecord> = {}) =>
  recordOf(UP, { stage, direction: 'down', reason: 'It is bad.', ...over });
const withCheck = (over: Partial<PromotionRecord>, step: Partial<Step> = {}) => {
  const own = { kind: 'weight', weight: 25, holdMs: 1000, checks: ['smoke'], ...step } as Step;
  return recordOf({ steps: [own, { kind: 'hold' }] }, { stage: 0, ...over });
};
const SMOKE: CheckResult = { name: 'smoke', step: '', value: 1, measurements: 1, failures: 0, passed: true };
const rolled = (partition: number) =>
  withUpdateStrategy(set('db:2'), { type: 'RollingUpdate', rollingUpdate: { partition } });

describe('a rolling update of a StatefulSet of four pods decides', () => {
  const cases: [string, PromotionRecord, Partial<Seen>, string][] = [
    ['the first write has image and partition', at(0), {}, 'StatefulSet db:2 RollingUpdate 3 held'],
    ['nothing new yet', at(0), { workload: rolled(3) }, 'wait 0 of 1 pods run db:2 and are ready'],
    [
      'a change that the controller has not seen is waited for',
      at(0),
      { workload: { ...rolled(3), status: { observedGeneration: 0 } } as StatefulSet },
      'wait the controller to see the change',
    ],
    ['one new pod is ready', at(0), { workload: rolled(3), ...pods(3, 1) }, 'up 0 reached, 25 % told'],
    ['its time runs', at(0, { reachedAt: NOW }), { workload: rolled(3), ...pods(3, 1) }, 'hold holding'],
    ['its time is over', at(0, { reachedAt: NOW - 1000 }), { workload: rolled(3), ...pods(3, 1) }, 'up 1'],
    [
      'its own check has no value',
      withCheck({ reachedAt: NOW - 1000 }),
      { workload: rolled(3), ...pods(3, 1), assessment: ALL_WELL },
      'wait check smoke: not measured yet',
    ],
    [
      'its own check has passed',
      withCheck({ reachedAt: NOW - 1000 }),
      { workload: rolled(3), ...pods(3, 1), assessment: { ...ALL_WELL, checks: [SMOKE] } },
      'up 1',
    ],
    [
      'sure, and its own check has no value',
      withCheck({ reachedAt: NOW }, { untilSure: true }),
      { workload: rolled(3), ...pods(3, 1), assessment: ALL_WELL },
      'hold holding',
    ],
    [
      'sure, and its own check has passed',
      withCheck({ reachedAt: NOW }, { untilSure: true }),
      { workload: rolled(3), ...pods(3, 1), assessment: { ...ALL_WELL, checks: [SMOKE] } },
      'up 1',
    ],
    [
      'no time, and its own check has no value',
      withCheck({}, { holdMs: 0 }),
      { workload: rolled(3), ...pods(3, 1), assessment: ALL_WELL },
      'up 0 reached, 25 % told',
    ],
    [
      'no time, and its own check has no value for too long',
      withCheck({ reachedAt: NOW - 300_000 }, { holdMs: 0 }),
      { workload: rolled(3), ...pods(3, 1), assessment: ALL_WELL },
      'down 0',
    ],
    ['a hold waits for a person', at(1), { workload: rolled(3), ...pods(3, 1) }, 'end held'],
    [
      'after it, all pods',
      at(2),
      { workload: rolled(3), ...pods(3, 1) },
      'StatefulSet db:2 RollingUpdate 0 held',
    ],
    [
      'scaled meanwhile: the partition follows',
      at(0),
      { workload: { ...rolled(3), spec: { ...rolled(3).spec, replicas: 8 } } as StatefulSet, ...pods(7, 1) },
      'StatefulSet db:2 RollingUpdate 6 held',
    ],
    [
      'an old pod at its turn that is broken is deleted, for the controller waits for it',
      at(2),
      { workload: rolled(0), ...pods(2, 1, { brokenOld: 1 }) },
      'delete db-2',
    ],
    [
      'an old pod below the partition is left alone',
      at(0),
      { workload: rolled(3), ...pods(2, 1, { brokenOld: 1 }) },
      'up 0 reached, 25 % told',
    ],
    [
      'all are new, but their controller does not count them as current yet',
      at(2),
      {
        workload: {
          ...rolled(0),
          status: { observedGeneration: 1, currentRevision: 'db-1', updateRevision: 'db-2' },
        } as StatefulSet,
        ...pods(0, 4),
      },
      'wait the controller to complete the update',
    ],
    ['all are new and current', at(2), { workload: rolled(0), ...pods(0, 4) }, 'up 3, 100 % told'],
    [
      'its own update strategy is put back',
      at(3),
      { workload: rolled(0), ...pods(0, 4) },
      'StatefulSet db:2 RollingUpdate 0 own',
    ],
    ['and that is all', at(4), { workload: set('db:2'), ...pods(0, 4) }, 'end promoted'],
    // what goes wrong
    ['a person asks for it back', at(0), { request: { id: '1', by: 'ann', reason: 'No.' } }, 'down 0'],
    ['the release is found bad', at(0), { assessment: { ...ALL_WELL, failure: 'It fails.' } }, 'down 0'],
    ['a new pod crashes', at(0), { workload: rolled(3), ...pods(3, 1, { crashing: true }) }, 'down 0'],
    ['it was deleted', at(0), { workload: undefined }, 'down 0 leave'],
    ['somebody else has rolled another image', at(0), { workload: set('db:3') }, 'down 0 leave'],
    [
      'somebody has put the old image back',
      at(0),
      {
        workload: withUpdateStrategy(set('db:1'), { type: 'RollingUpdate', rollingUpdate: { partition: 3 } }),
      },
      'down 0 leave',
    ],
    [
      'somebody has changed the rest of the template',
      at(0),
      {
        workload: {
          ...rolled(3),
          spec: {
            ...rolled(3).spec,
            template: { ...TEMPLATE('db:2'), metadata: { labels: { app: 'other' } } },
          },
        } as StatefulSet,
      },
      'down 0 leave',
    ],
    [
      'somebody has moved the partition',
      at(0),
      {
        workload: {
          ...rolled(3),
          spec: {
            ...rolled(3).spec,
            updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
          },
        } as StatefulSet,
      },
      'down 0',
    ],
    ['nothing happens for too long', at(0, { since: NOW - 40_000 }), { workload: rolled(3) }, 'down 0'],
    // the way back
    [
      'the old template, for all pods',
      down(0),
      { workload: rolled(3), ...pods(3, 1) },
      'StatefulSet db:1 RollingUpdate 0 held',
    ],
    ['nothing was written: nothing is put back', down(0), {}, 'down 1, 0 % told'],
    [
      'the old template is written once, although the API server has filled in more than its revision keeps',
      down(0),
      {
        workload: withUpdateStrategy(
          {
            ...set('db:1'),
            spec: {
              ...set('db:1').spec,
              template: {
                ...TEMPLATE('db:1'),
                spec: { ...TEMPLATE('db:1').spec, dnsPolicy: 'ClusterFirst' },
              },
            },
          } as StatefulSet,
          { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        ),
        ...pods(3, 1),
      },
      'wait 1 pod of db:2 to be replaced',
    ],
    [
      'a new pod that is broken is deleted, for the controller would wait for it for ever',
      down(0),
      {
        workload: withUpdateStrategy(set('db:1'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
        ...pods(3, 1, { crashing: true }),
      },
      'delete db-3',
    ],
    [
      'a new pod that is well is left to the controller',
      down(0),
      {
        workload: withUpdateStrategy(set('db:1'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
        ...pods(3, 1),
      },
      'wait 1 pod of db:2 to be replaced',
    ],
    [
      'it is not over before all old pods are ready',
      down(0),
      {
        workload: withUpdateStrategy(set('db:1'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
        ...pods(3, 0),
      },
      'wait 3 of 4 pods run db:1 and are ready',
    ],
    [
      'the strategy is put back',
      down(1),
      {
        workload: withUpdateStrategy(set('db:1'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
      },
      'StatefulSet db:1 RollingUpdate 0 own',
    ],
    ['what is somebody else’s stays', down(0, { leave: true }), { workload: set('db:3') }, 'down 1 leave'],
    ['what somebody rolls during the way back stays too', down(0), { workload: set('db:3') }, 'down 0 leave'],
    ['a late write of a dead step is taken back too', down(2), { workload: set('db:2') }, 'down 0'],
    ['the end', down(2), {}, 'end aborted'],
    [
      'it does not come back',
      down(0, { since: NOW - 40_000 }),
      { workload: set('db:1'), ...pods(3, 1) },
      'end stuck',
    ],
  ];
  for (const [name, record, seen, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      assert.equal(wordsOf(decideRolling({ record, seen: seenOf(seen), now: NOW })), expected);
    });
  }
});

describe('a rolling update of a DaemonSet on four nodes decides', () => {
  const daemons = (image: string): DaemonSet =>
    withUpdateStrategy(
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'db', generation: 1 },
        spec: { selector: {}, template: TEMPLATE(image), updateStrategy: { type: 'RollingUpdate' } },
        status: { observedGeneration: 1, desiredNumberScheduled: 4 } as DaemonSet['status'],
      } as DaemonSet,
      { type: 'OnDelete' },
    );
  const half = { steps: [{ kind: 'weight', weight: 50, holdMs: 0 }], kind: 'DaemonSet' } as const;
  const ending = (made: Pick<Seen, 'oldPods' | 'newPods'>): Pick<Seen, 'oldPods' | 'newPods'> => ({
    ...made,
    oldPods: made.oldPods.map(
      (pod, index): Pod =>
        index === 0
          ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
          : pod,
    ),
  });
  const cases: [string, PromotionRecord, Partial<Seen>, string][] = [
    ['the first pod goes', recordOf(half), { workload: daemons('db:2') }, 'delete db-0'],
    [
      'one at a time: none while one is on its way',
      recordOf(half),
      { workload: daemons('db:2'), ...ending(pods(4, 0)) },
      'wait 0 of 2 pods run db:2 and are ready',
    ],
    [
      'none before its successor is there',
      recordOf(half),
      { workload: daemons('db:2'), ...pods(3, 0) },
      'wait 0 of 2 pods run db:2 and are ready',
    ],
    [
      'none before its successor is ready',
      recordOf(half),
      { workload: daemons('db:2'), ...pods(3, 1, { unready: true }) },
      'wait 0 of 2 pods run db:2 and are ready',
    ],
    ['the next one', recordOf(half), { workload: daemons('db:2'), ...pods(3, 1) }, 'delete db-0'],
    [
      'no more than the share',
      recordOf(half),
      { workload: daemons('db:2'), ...pods(2, 2) },
      'up 1, 50 % told',
    ],
    [
      'a broken old pod goes first',
      recordOf(half),
      { workload: daemons('db:2'), ...pods(3, 0, { brokenOld: 1 }) },
      'delete db-3',
    ],
    [
      'back, all broken pods at once',
      recordOf(half, { direction: 'down' }),
      { workload: daemons('db:1'), ...pods(2, 2, { crashing: true }) },
      'delete db-2, delete db-3',
    ],
    [
      'back, one at a time if they are well',
      recordOf(half, { direction: 'down' }),
      { workload: daemons('db:1'), ...pods(2, 2) },
      'delete db-2',
    ],
  ];
  for (const [name, record, seen, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      assert.equal(wordsOf(decideRolling({ record, seen: seenOf(seen), now: NOW })), expected);
    });
  }
});
