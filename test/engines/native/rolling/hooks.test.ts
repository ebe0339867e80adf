import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import type { HookRun, PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { decideRolling } from '../../../../src/engines/native/rolling/decide.ts';
import type { Seen } from '../../../../src/engines/native/rolling/seen.ts';
import { withUpdateStrategy } from '../../../../src/workload/rolling/update-strategy.ts';
import { hook, RUN, ran, type State, seenJobs } from '../hooks/fixtures.ts';
import { ALL_WELL, NOW, pods, recordOf, seenOf, set } from './fixtures.ts';

const UP = {
  steps: [{ kind: 'weight', weight: 25, holdMs: 1000 }],
  label: { key: 'app', stable: 'db', canary: 'db-canary' },
  hooks: { before: [hook('migrate', RUN), hook('seed')], after: [hook('reindex', RUN)] },
} as const;
const M = 'before migrate';
const S = 'before seed';
const R = 'after reindex';
const UM = 'undo before migrate';
const DONE = [ran(M, 'passed'), ran(S, 'passed')];

/** The record at the first stage of that name, with these runs. */
function at(
  name: string,
  runs: readonly HookRun[] = [],
  over: Partial<PromotionRecord> = {},
): PromotionRecord {
  const of = recordOf(UP, {
    ...(runs.length > 0 ? { ran: runs.map((run) => ({ ...run, at: NOW })) } : {}),
    ...over,
  });
  const stage = stagesOf(of).findIndex((each) => each.name === name);
  assert.notEqual(stage, -1, name);
  return { ...of, stage };
}
const down = (name: string, runs: readonly HookRun[], over: Partial<PromotionRecord> = {}) =>
  at(name, runs, { direction: 'down', reason: 'It is bad.', ...over });
const rolled = (partition: number) =>
  withUpdateStrategy(set('db:2'), { type: 'RollingUpdate', rollingUpdate: { partition } });
const current = (workload: StatefulSet): StatefulSet => ({
  ...workload,
  status: { observedGeneration: 1, replicas: 4, currentRevision: 'db-2', updateRevision: 'db-2' },
});
const ALL_NEW: Partial<Seen> = { workload: current(rolled(0)), ...pods(0, 4) };

function wordsOf(decision: Decision, of: PromotionRecord): string {
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(
          ({ verb, object }) =>
            `${verb} ${object.metadata?.name?.replace(/^db-(?=[a-z])|-[0-9a-f]{8}$/g, '')}`,
        )
        .join(', ');
    case 'wait':
      return `wait ${decision.event.type === 'waiting' ? decision.event.for : decision.event.type}`;
    case 'end':
      return `end ${decision.outcome.kind}: ${decision.outcome.reason}`;
    case 'record': {
      const { direction, stage, ran: runs = [], reason, leave } = decision.record;
      const changed = runs.filter(
        (run) => !of.ran?.some(({ key, state }) => key === run.key && state === run.state),
      );
      return [
        direction,
        stagesOf(decision.record)[stage]?.name,
        ...changed.map(({ key, state }) => `${key} ${state}`),
        ...(direction === of.direction ? [] : [reason]),
        ...(leave ? ['leave'] : []),
      ].join(', ');
    }
  }
}

function said(of: PromotionRecord, states: Record<string, State>, over: Partial<Seen> = {}, now = NOW) {
  const seen = seenOf({ hooks: seenJobs(of, states), ...over });
  return wordsOf(decideRolling({ record: of, seen, now }), of);
}

describe('the stages of Jobs around a rolling update', () => {
  const names = (over: Partial<Parameters<typeof recordOf>[0]>, more: Partial<PromotionRecord> = {}) =>
    stagesOf(recordOf({ ...UP, ...over }, more)).map(({ name }) => name);

  it('come before any pod, and after all of them, which are waited for again', () =>
    assert.deepEqual(names({}), [
      'before',
      '25 % of the pods',
      'all pods',
      'after',
      'all pods are ready',
      'put back the update strategy',
    ]));

  it('come after a stage without any old pod, also if a step has given the release to all', () =>
    assert.deepEqual(names({ steps: [{ kind: 'weight', weight: 100, holdMs: 0 }] }), [
      'before',
      '100 % of the pods',
      'all pods',
      'after',
      'all pods are ready',
      'put back the update strategy',
    ]));

  it('do not change those of a promotion with Jobs before it alone', () =>
    assert.deepEqual(
      names({
        steps: [{ kind: 'weight', weight: 100, holdMs: 0 }],
        hooks: { before: [hook('migrate')], after: [] },
      }),
      ['before', '100 % of the pods', 'put back the update strategy'],
    ));

  it('come last on the way back', () => {
    const back = { direction: 'down', ran: [ran(M)] } as const;
    assert.deepEqual(names({}, back), ['restore the pods', 'put back the update strategy', 'undo']);
  });

  it('are judged while all pods have the release', () => {
    const weights = stagesOf(recordOf(UP)).map(({ weight }) => weight);
    assert.deepEqual(weights, ['keep', 25, 100, 100, 100, 'keep']);
  });
});

describe('Jobs around a rolling update of a StatefulSet, on the way up', () => {
  const table: [string, PromotionRecord, Record<string, State>, Partial<Seen>, string][] = [
    ['the first Job is created before the first write', at('before'), {}, {}, 'create before-migrate'],
    ['it is begun', at('before'), { [M]: 'suspended' }, {}, 'up, before, before migrate begun'],
    ['it may run', at('before', [ran(M)]), { [M]: 'suspended' }, {}, 'update before-migrate'],
    ['it runs', at('before', [ran(M)]), { [M]: 'runs' }, {}, 'wait Job migrate (before)'],
    ['all passed: the pods come', at('before', DONE), {}, {}, 'up, 25 % of the pods'],
    [
      'it failed: nothing was touched',
      at('before', [ran(M)]),
      { [M]: 'failed' },
      {},
      'down, restore the pods, Job migrate (before) failed: exit code 3.',
    ],
    [
      'somebody has rolled another image meanwhile',
      at('before', [ran(M)]),
      { [M]: 'runs' },
      { workload: set('db:3') },
      'down, restore the pods, Somebody changed StatefulSet/db meanwhile: it runs db:3 instead of db:2., leave',
    ],
    ['all pods run the release', at('all pods', DONE), {}, ALL_NEW, 'up, after'],
    ['the first Job after it', at('after', DONE), {}, ALL_NEW, 'create after-reindex'],
    [
      'a Job that takes longer than a pod may take to come',
      at('after', [...DONE, ran(R)], { since: NOW - 50_000 }),
      { [R]: 'runs' },
      ALL_NEW,
      'wait Job reindex (after)',
    ],
    [
      'the release crashes while it runs',
      at('after', [...DONE, ran(R)]),
      { [R]: 'runs' },
      { workload: current(rolled(0)), ...pods(0, 4, { crashing: true }) },
      'down, restore the pods, A pod of the release does not run: CrashLoopBackOff in db-0 (container app): back-off.',
    ],
    [
      'the release is found bad while it runs',
      at('after', [...DONE, ran(R)]),
      { [R]: 'runs' },
      { ...ALL_NEW, assessment: { ...ALL_WELL, failure: 'It fails.' } },
      'down, restore the pods, It fails.',
    ],
    [
      'it failed',
      at('after', [...DONE, ran(R)]),
      { [R]: 'failed' },
      ALL_NEW,
      'down, restore the pods, Job reindex (after) failed: exit code 3.',
    ],
    [
      'it passed: the pods again',
      at('after', [...DONE, ran(R, 'passed')]),
      {},
      ALL_NEW,
      'up, all pods are ready',
    ],
    [
      'of which one is not ready any more',
      at('all pods are ready', DONE),
      {},
      { workload: current(rolled(0)), ...pods(0, 4, { unready: true }) },
      'wait 0 of 4 pods run db:2 and are ready',
    ],
    [
      'the Jobs go when its own update strategy is back',
      at('put back the update strategy', DONE),
      { [M]: 'passed', [R]: 'passed' },
      { workload: set('db:2'), ...pods(0, 4) },
      'delete before-migrate, delete after-reindex',
    ],
  ];
  for (const [what, of, states, seen, expected] of table)
    it(`${what}: ${expected}`, () => assert.equal(said(of, states, seen), expected));
});

describe('Jobs around a rolling update of a StatefulSet, on the way back', () => {
  const table: [string, PromotionRecord, Record<string, State>, Partial<Seen>, string][] = [
    [
      'the pods come first',
      down('restore the pods', [ran(M)]),
      { [M]: 'runs' },
      { workload: rolled(3), ...pods(3, 1) },
      'update db',
    ],
    [
      'a Job that runs is not stopped half way',
      down('undo', [ran(M)]),
      { [M]: 'runs' },
      {},
      'wait Job migrate (before) to end, because it is not stopped half way',
    ],
    [
      'the last one is undone first',
      down('undo', [...DONE, ran(R)]),
      { [R]: 'failed' },
      {},
      'create undo-after-reindex',
    ],
    [
      'its undo runs',
      down('undo', [ran(M), ran(UM)]),
      { [UM]: 'runs' },
      {},
      'wait the undo of migrate (before)',
    ],
    [
      'a write of a step that had lost its lock comes while it runs: the pods first',
      down('undo', [ran(M), ran(UM)], { restore: false }),
      { [UM]: 'runs' },
      { workload: set('db:2') },
      'down, restore the pods',
    ],
    [
      'somebody rolls another image while it runs: theirs stays',
      down('undo', [ran(M), ran(UM)]),
      { [UM]: 'runs' },
      { workload: set('db:3') },
      'down, restore the pods, leave',
    ],
    [
      'somebody deletes the workload while an undo is to come',
      down('undo', DONE, { leave: true }),
      {},
      { workload: undefined, ...pods(0, 0) },
      'end stuck: It is bad.\nThe undo of migrate (before) failed: it cannot run, because StatefulSet/db was deleted.\nNothing of StatefulSet/db is left.',
    ],
    [
      'an undo that failed needs a person',
      down('undo', [ran(M), ran(UM)]),
      { [UM]: 'failed' },
      {},
      'end stuck: It is bad.\nThe undo of migrate (before) failed: exit code 3.\nProduction is as it was: 4 of 4 pods of StatefulSet/db run db:1 and are ready.',
    ],
    [
      'the end says what became of the work',
      { ...down('undo', [...DONE, ran(UM, 'passed')]), stage: 3 },
      {},
      {},
      'end aborted: It is bad.\nJob seed (before) has no `undo`: what it did stays.\nWhat Job migrate (before) did was undone by its `undo`.\nProduction is as it was: 4 of 4 pods of StatefulSet/db run db:1 and are ready.',
    ],
  ];
  for (const [what, of, states, seen, expected] of table)
    it(what, () => assert.equal(said(of, states, seen), expected));

  it('does not wait for pods of a workload that was not touched', () => {
    const begun = at('before', [ran(M)]);
    const ill = {
      workload: { ...set('db:1'), status: { observedGeneration: 1, readyReplicas: 3 } },
      ...pods(3, 0),
    };
    const seen = seenOf({ hooks: seenJobs(begun, { [M]: 'failed' }), ...(ill as Partial<Seen>) });
    const turned = decideRolling({ record: begun, seen, now: NOW });
    assert.ok(turned.do === 'record');
    assert.equal(turned.record.restore, false);
    const back = { ...turned.record, stage: 1 };
    assert.equal(wordsOf(decideRolling({ record: back, seen, now: NOW }), back), 'down, undo');
    // but for one that was
    const touched = { ...back, restore: true };
    assert.match(wordsOf(decideRolling({ record: touched, seen, now: NOW }), touched), /^wait /);
  });
});

describe('a Job around a rolling update', () => {
  it('belongs to the workload, of whatever kind', () => {
    for (const kind of ['StatefulSet', 'DaemonSet', undefined] as const) {
      const of = { ...at('before'), plan: { ...at('before').plan, kind } } as PromotionRecord;
      const workload = { ...set('db:1'), metadata: { name: 'db', uid: 'its uid' } };
      const seen = seenOf({ hooks: seenJobs(of, {}), workload });
      const decision = decideRolling({ record: of, seen, now: NOW });
      assert.ok(decision.do === 'write');
      const job = decision.writes[0]?.object as Job;
      assert.deepEqual(job.metadata?.ownerReferences, [
        { apiVersion: 'apps/v1', kind: kind ?? 'Deployment', name: 'db', uid: 'its uid' },
      ]);
      assert.equal(job.spec?.template.metadata?.labels?.app, 'db-canary-test', 'no Service selects its pod');
    }
  });
});

describe('a rolling update of a Deployment with a Job after it', () => {
  const at100 = (name: string, over: Partial<typeof UP> = {}) => {
    const { kind: _, ...plan } = { ...recordOf(UP).plan, ...over };
    const of = { ...recordOf({}), plan } as PromotionRecord;
    return { ...of, stage: stagesOf(of).findIndex((each) => each.name === name) };
  };
  const unavailable = (of: PromotionRecord, seen: Partial<Seen>) => {
    const workload = {
      ...set('db:2'),
      kind: 'Deployment',
      spec: { ...set('db:2').spec, updateStrategy: undefined, strategy: { type: 'RollingUpdate' } },
    } as unknown as Deployment;
    const decision = decideRolling({ record: of, seen: seenOf({ workload, ...seen }), now: NOW });
    assert.ok(decision.do === 'write', wordsOf(decision, of));
    const written = decision.writes[0]?.object as Deployment | undefined;
    return written?.spec?.strategy?.rollingUpdate?.maxUnavailable;
  };

  it('ends its last old pod before the Job, once as many new ones are ready as it wants', () => {
    assert.equal(unavailable(at100('all pods'), pods(2, 3)), 3);
    assert.equal(unavailable(at100('all pods'), pods(1, 4)), 4);
  });

  it('keeps it to the end without a Job after it, and in the steps before', () => {
    const without = at100('all pods', { hooks: { before: UP.hooks.before, after: [] } } as object);
    assert.equal(unavailable(without, pods(1, 4)), 3);
    assert.equal(unavailable(at100('25 % of the pods'), pods(4, 1)), 0);
  });
});
