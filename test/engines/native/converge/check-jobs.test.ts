import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import { fixedSource } from '../../../../src/cluster/object-source.ts';
import { jobs as jobKind, pods as podKind } from '../../../../src/cluster/resource.ts';
import { jobOf } from '../../../../src/engines/native/converge/check-jobs.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import { findCheckJobs } from '../../../../src/engines/native/observe/check-jobs.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { JobCheck } from '../../../../src/settings/checks/job.ts';
import { parseSteps } from '../../../../src/settings/steps.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, plan, record, waitingPod, withCanary } from '../fixtures.ts';

const check = (name: string): JobCheck => ({
  name,
  job: {
    image: undefined,
    command: [],
    args: [],
    env: {},
    serviceAccount: undefined,
    timeoutMs: 600_000,
  },
});
const STEPS = ['10% 1m checks smoke', '20% until-sure 1m at-most 5 failures checks smoke load', '50%'];
const planOf = (steps: readonly string[], jobs = ['smoke', 'load']) =>
  plan({ steps: parseSteps(steps), jobs: jobs.map(check) });
const PLAN = planOf(STEPS);
const nameOf = (name: string, step?: number) => jobName(PLAN, name, 'one', step);

type State = 'runs' | 'Complete' | 'Failed';
const AT = '1970-01-01T00:00:01Z';
function job(name: string, state: State): Job {
  const conditions =
    state === 'runs'
      ? []
      : [{ type: state, status: 'True', reason: 'DeadlineExceeded', lastTransitionTime: AT }];
  return { metadata: { name }, status: { startTime: AT, conditions } };
}

const SURE: Assessment = {
  trafficShare: { verdict: 'agrees', canary: 120, total: 1_200, sinceMs: 20_000 },
  conclusive: true,
  comparisons: [],
  checks: [],
};

/** The decision in the first step, or in another one, in words. */
function said(
  states: Readonly<Record<string, State>>,
  over: Partial<PromotionRecord> = {},
  now = 10_000,
  assessment = SURE,
): string {
  const own = record({ plan: PLAN, reachedAt: 0, confirmedAt: 0, ...over });
  const source = fixedSource([
    [jobKind, Object.entries(states).map(([name, state]) => job(name, state))],
    [podKind, []],
  ]);
  const weight = Number(stagesOf(own)[own.stage]?.weight);
  const replicas = Math.max(1, Math.ceil((4 * weight) / 100));
  const snapshot = withCanary(replicas, weight, {
    jobs: findCheckJobs(source, own),
    assessment,
  });
  const decision = decide({ record: own, snapshot, now, router: nginx });
  switch (decision.do) {
    case 'write':
      return decision.writes.map(({ verb, object }) => `${verb} ${object.metadata?.name}`).join(', ');
    case 'wait':
      return decision.event.type === 'waiting' ? `wait ${decision.event.for}` : decision.event.type;
    case 'record': {
      const { direction, stage, reason, passedJobs } = decision.record;
      if (direction === 'down') return `down ${reason}`;
      if (stage !== own.stage) return `next ${stage}`;
      return passedJobs === own.passedJobs ? 'reached or confirmed' : `passed ${passedJobs?.join()}`;
    }
    default:
      return decision.do;
  }
}

describe('engines/native/decide: Jobs of a step', () => {
  const [first, second, load] = [nameOf('smoke', 1), nameOf('smoke', 2), nameOf('load', 2)];
  const table: [
    what: string,
    states: Readonly<Record<string, State>>,
    record: Partial<PromotionRecord>,
    now: number,
    decision: string,
  ][] = [
    [
      'the weight is not in force',
      {},
      { reachedAt: 0, confirmedAt: undefined as never },
      0,
      'reached or confirmed',
    ],
    ['the weight is in force', {}, {}, 0, `create ${first}`],
    ['it runs, and so does the time', { [first]: 'runs' }, {}, 10_000, 'holding'],
    ['it runs, and the time is over', { [first]: 'runs' }, {}, 60_000, 'wait check smoke'],
    ['it passed: the record says so', { [first]: 'Complete' }, {}, 10_000, `passed ${first}`],
    ['it passed, and the time runs', { [first]: 'Complete' }, { passedJobs: [first] }, 10_000, 'holding'],
    ['it passed, and the time is over', { [first]: 'Complete' }, { passedJobs: [first] }, 60_000, 'next 1'],
    ['it passed, and was deleted since', {}, { passedJobs: [first] }, 10_000, 'holding'],
    ['it passed, was deleted, and the time is over', {}, { passedJobs: [first] }, 60_000, 'next 1'],
    [
      'it failed',
      { [first]: 'Failed' },
      {},
      10_000,
      'down Check smoke of the step 10 % failed: it did not end within 10m.',
    ],
    [
      'nobody ends it',
      { [first]: 'runs' },
      {},
      900_000,
      'down Check smoke of the step 10 % did not end: Kubernetes did not stop its Job at its time limit.',
    ],
    ['its own limit counts, not that of the step', { [first]: 'runs' }, {}, 899_999, 'wait check smoke'],
    [
      'its canary took long to be ready',
      { [first]: 'runs' },
      { since: 0, reachedAt: 800_000, confirmedAt: 800_000 },
      1_000_000,
      'wait check smoke',
    ],
    [
      'the next step has Jobs of its own',
      { [first]: 'Complete' },
      { stage: 1, passedJobs: [first] },
      0,
      `create ${second}, create ${load}`,
    ],
    [
      'one is missing after a crash',
      { [second]: 'runs' },
      { stage: 1, passedJobs: [first] },
      10_000,
      `create ${load}`,
    ],
    [
      'sure, and both run',
      { [second]: 'runs', [load]: 'runs' },
      { stage: 1, passedJobs: [first] },
      10_000,
      'wait check smoke',
    ],
    [
      'sure, and one runs',
      { [second]: 'Complete', [load]: 'runs' },
      { stage: 1, passedJobs: [first, second] },
      10_000,
      'wait check load',
    ],
    [
      'sure, and both passed',
      { [second]: 'Complete', [load]: 'Complete' },
      { stage: 1, passedJobs: [first, second, load] },
      10_000,
      'next 2',
    ],
    [
      'one failed while the other one runs',
      { [second]: 'runs', [load]: 'Failed' },
      { stage: 1, passedJobs: [first] },
      10_000,
      'down Check load of the step 20 % failed: it did not end within 10m.',
    ],
    ['a step without checks', { [second]: 'runs' }, { stage: 2, passedJobs: [first] }, 10_000, 'next 3'],
  ];
  for (const [what, states, over, now, decision] of table) {
    it(`${what}: ${decision}`, () => {
      const { confirmedAt, ...rest } = { confirmedAt: 0, ...over };
      const given =
        confirmedAt === undefined ? { ...rest, confirmedAt: undefined as never } : { ...rest, confirmedAt };
      assert.equal(said(states, given, now), decision);
    });
  }

  it('waits for a Job that nothing has seen', () => {
    const own = record({ plan: PLAN, reachedAt: 0, confirmedAt: 0 });
    const snapshot = withCanary(1, 10, { jobs: [], assessment: SURE });
    const decision = decide({ record: own, snapshot, now: 60_000, router: nginx });
    assert.ok(decision.do === 'wait' && decision.event.type === 'waiting');
    assert.equal(decision.event.for, 'check smoke');
  });

  it('a step of no time notes when it was reached, then runs its Job', () => {
    const own = { plan: planOf(['10% checks smoke'], ['smoke']) };
    assert.equal(
      said({}, { ...own, reachedAt: undefined as never, confirmedAt: undefined as never }),
      'reached or confirmed',
    );
    assert.equal(said({}, own), `create ${first}`);
    assert.equal(said({ [first]: 'runs' }, own), 'wait check smoke');
    assert.equal(said({}, { ...own, passedJobs: [first] }), 'next 1');
  });

  it('a hold has them, too', () => {
    const own = { plan: planOf(['10% 1m', 'hold 1m checks smoke'], ['smoke']), stage: 1 };
    assert.equal(said({}, own), `create ${second}`);
    assert.equal(said({ [second]: 'runs' }, own, 60_000), 'wait check smoke');
    assert.equal(said({ [second]: 'Complete' }, { ...own, passedJobs: [second] }, 60_000), 'next 2');
  });

  it('tells what passed, of which step', () => {
    const own = record({ plan: PLAN, reachedAt: 0, confirmedAt: 0 });
    const pod = {
      ...waitingPod('x', '', ''),
      metadata: { labels: { app: 'web-canary-test', 'job-name': first } },
    };
    const source = fixedSource([
      [jobKind, [job(first, 'Complete')]],
      [podKind, [pod]],
    ]);
    const jobs = findCheckJobs(source, own);
    assert.equal(jobs[0]?.pods.length, 1);
    const decision = decide({
      record: own,
      snapshot: withCanary(1, 10, { jobs, assessment: SURE }),
      now: 1,
      router: nginx,
    });
    assert.deepEqual(decision.do === 'record' && decision.events, [
      { type: 'check', name: 'smoke', step: '10 %', passed: true, lines: [] },
    ]);
  });
});

describe('engines/native/plan: Jobs of steps and before the first user', () => {
  const stages = (steps: readonly string[], jobs?: string[]) =>
    stagesOf(record({ plan: planOf(steps, jobs) })).slice(0, 2);

  it('a Job that a step names does not run before the first user', () => {
    assert.deepEqual(
      stages(STEPS).map(({ kind, jobs }) => [kind, jobs?.step, jobs?.names.join()]),
      [
        ['weight', 1, 'smoke'],
        ['weight', 2, 'smoke,load'],
      ],
    );
    assert.deepEqual(
      stages(STEPS, ['smoke', 'load', 'early']).map(({ kind }) => kind),
      ['test', 'weight'],
    );
    const before = findCheckJobs(
      fixedSource([
        [jobKind, []],
        [podKind, []],
      ]),
      record({ plan: planOf(STEPS, ['smoke', 'load', 'early']) }),
    );
    assert.deepEqual(
      before.map(({ name, step }) => [name, step]),
      [[nameOf('early'), undefined]],
    );
  });

  it('names a Job by its step: the same for a later run, another in another step', () => {
    assert.match(nameOf('smoke', 2), /^web-smoke-2-[0-9a-f]{8}$/);
    const names = [nameOf('smoke'), nameOf('smoke', 1), nameOf('smoke', 2), jobName(PLAN, 'smoke', 'two', 2)];
    assert.equal(new Set(names).size, 4);
    const long = jobName(plan({ workload: `a${'-b'.repeat(40)}` }), 'x'.repeat(80), 'one', 50);
    assert.ok(long.length <= 57, long);
  });

  it('a Job of a step stays for as long as its canary', () => {
    const canary = deployment('web-canary', 'web:2', 1);
    const of = (step?: string) =>
      jobOf(PLAN, { check: check('smoke'), name: 'x', ...(step ? { step } : {}) }, canary, []).spec;
    assert.equal(of()?.ttlSecondsAfterFinished, 1200);
    assert.equal(of('10 %')?.ttlSecondsAfterFinished, undefined);
    assert.equal(of('10 %')?.activeDeadlineSeconds, 600);
  });
});
