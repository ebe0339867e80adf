import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Decision, decide, INVALID_MS, OBSERVE_MS } from '../../../src/engines/argo/decide.ts';
import { badRuns, withoutRuns } from '../../../src/engines/argo/rollout/analysis-runs.ts';
import type { Snapshot } from '../../../src/engines/argo/rollout/snapshot.ts';
import { type AnalysisRun, type Experiment, HASH_LABEL } from '../../../src/engines/argo/rollout/types.ts';
import type { Plan, RunState } from '../../../src/engines/argo/run-state.ts';
import {
  ABORTED,
  AT_GATE,
  BLUE_GREEN,
  NEW,
  OLD,
  PLAN,
  podOf,
  rolloutOf,
  STATE,
  seenOf,
  setWith,
  UPDATING,
} from './fixtures.ts';

const at = (status: NonNullable<Parameters<typeof rolloutOf>[0]>['status'], over: Partial<Snapshot> = {}) =>
  seenOf(rolloutOf({ status: status ?? {} }), over);

/** A decision in a few words: `end promoted`, `send abort`, `wait`. */
function next(seen: Snapshot, state: Partial<RunState> = {}, plan: Partial<Plan> = {}, now = 0): string {
  return wordsOf(decide(seen, { ...STATE, ...state }, { ...PLAN, ...plan }, now));
}

function wordsOf(decision: Decision): string {
  if (decision.do === 'end') return `end ${decision.outcome.kind}`;
  return decision.do === 'send' ? `send ${decision.command}` : 'wait';
}

/** The decision after everything has stayed as it is for so long. */
function after(
  ms: number,
  seen: Snapshot,
  state: Partial<RunState> = {},
  plan: Partial<Plan> = {},
): Decision {
  const first = decide(seen, { ...STATE, ...state }, { ...PLAN, ...plan }, 0);
  return decide(seen, first.state, { ...PLAN, ...plan }, ms);
}

const found: Partial<RunState> = { found: true };
const full: Partial<Plan> = { promoteFull: true };
const healthy: Partial<Plan> = { until: 'healthy' };
const down: Partial<RunState> = { direction: 'down', reason: 'asked' };
const aborting = { ...UPDATING, abort: true, abortedAt: null };
const nopull = { pods: [podOf('new', 'ImagePullBackOff')] };
const unobserved = (status: object) => seenOf(rolloutOf({ status, generation: 4 }));
const other = (status: object) =>
  seenOf(rolloutOf({ spec: { template: { spec: { containers: [{ name: 'app', image: OLD }] } } }, status }));

/** Aborted, and so many pods of the stable release are available. */
const backWith = (available: number) =>
  at(ABORTED, { replicaSets: [setWith('old', OLD, available), setWith('new', NEW, 0)] });

/** Aborted by whoever promotes another release, while the one of that hash was under way. */
function makingWay(hash: string): Snapshot {
  const { metadata, ...rollout } = rolloutOf({ status: ABORTED });
  const annotations = { 'drone-promote/makes-way': `${hash} 192.0.2.10:5000/shop/web:1.2.0` };
  return seenOf({ ...rollout, metadata: { ...metadata, annotations } });
}

const TABLE: [what: string, decision: string, expected: string][] = [
  ['done', next(at({})), 'end promoted'],
  ['Healthy, but of the generation before', next(unobserved({})), 'wait'],
  [
    'Healthy, with another image in the ReplicaSet',
    next(at({ currentPodHash: 'old', stableRS: 'old' })),
    'wait',
  ],
  ['under way', next(at(UPDATING)), 'wait'],
  ['a timed pause', next(at({ ...AT_GATE, currentStepIndex: 3 })), 'wait'],
  ['a gate', next(at(AT_GATE)), 'end held'],
  ['a gate, before the template is seen', next(unobserved(AT_GATE)), 'wait'],
  ['a gate, until healthy', next(at(AT_GATE), {}, healthy), 'wait'],
  ['a gate that was found', next(at(AT_GATE), found), 'send promote'],
  ['a gate that was found, until healthy', next(at(AT_GATE), found, healthy), 'send promote'],
  ['a gate that was found, before it is seen', next(unobserved(AT_GATE), found), 'wait'],
  ['a gate, to be promoted fully', next(at(AT_GATE), {}, full), 'send promote-full'],
  ['to be promoted fully, before it is seen', next(unobserved(UPDATING), {}, full), 'wait'],
  ['being promoted fully, still Paused', next(at({ ...AT_GATE, promoteFull: true }), {}, full), 'wait'],
  ['fully promoted', next(at({}), {}, full), 'end promoted'],
  ['aborted by the controller, and back', next(at(ABORTED)), 'end aborted'],
  ['aborted, not yet taken', next(at(aborting)), 'wait'],
  ['aborted to make way for another release', next(makingWay('new')), 'end superseded'],
  ['aborted, after an older one made way', next(makingWay('older')), 'end aborted'],
  ['found aborted to make way', next(makingWay('new'), found), 'send retry'],
  ['found aborted', next(at(ABORTED), found), 'send retry'],
  ['found aborted, not yet taken', next(at(aborting), found), 'wait'],
  ['just retried', next(at({ ...ABORTED, abort: false })), 'wait'],
  ['a bad image', next(at(UPDATING, nopull)), 'send abort'],
  ['a bad image, while it is paused', next(at(AT_GATE, nopull)), 'send abort'],
  [
    'old pods in trouble are not ours',
    next(at(UPDATING, { pods: [podOf('old', 'ImagePullBackOff')] })),
    'wait',
  ],
  ['a bad image in an experiment', next(at(UPDATING, { trials: nopull.pods })), 'send abort'],
  ['a pull that may succeed', next(at(UPDATING, { pods: [podOf('new', 'ErrImagePull')] })), 'wait'],
  ['a check failed', next(at(UPDATING, { bad: 'Check errors failed once' })), 'send abort'],
  ['a check failed at the end', next(at({}, { bad: 'Check errors failed once' })), 'end promoted'],
  [
    'a check failed, stable and not Healthy yet: too late for an abort, and the bake comes',
    next(at({ availableReplicas: 3 }, { bad: 'Check errors failed once' })),
    'wait',
  ],
  [
    'late',
    next(at({ ...UPDATING, conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] })),
    'send abort',
  ],
  ['another template', next(other(UPDATING)), 'end superseded'],
  ['another template, on the way down', next(other(UPDATING), down), 'end superseded'],
  ['deleted', next({ ...at({}), rollout: undefined }), 'end stuck'],
  ['down', next(at(UPDATING), down), 'send abort'],
  ['down, before the template is seen', next(unobserved({}), down), 'wait'],
  ['down, the abort was cleared', next(at(UPDATING), { ...down, aborts: 1 }), 'send abort'],
  ['down, the abort is cleared for ever', next(at(UPDATING), { ...down, aborts: 10 }), 'end stuck'],
  ['down, not yet taken', next(at(aborting), down), 'wait'],
  [
    'down, weight not 0',
    next(at({ ...ABORTED, canary: { weights: { canary: { weight: 20 } } } }), down),
    'wait',
  ],
  ['down, and back', next(at(ABORTED), down), 'end aborted'],
  ['down, too late', next(at({}), { ...down, requested: true }), 'end refused'],
  ['down, too late, and nobody asked', next(at({}), down), 'end stuck'],
  ['down, the first release', next(at({ ...UPDATING, stableRS: '' }), down), 'end stuck'],
];

describe('the next action', () => {
  for (const [what, decision, expected] of TABLE) {
    it(`${what}: ${expected}`, () => assert.equal(decision, expected));
  }
});

describe('what is bounded in time', () => {
  it('a controller that does not run has a message of its own', () => {
    const { state } = decide(unobserved({}), STATE, PLAN, 0);
    const nudged = { ...state, since: { ...state.since, unanswered: OBSERVE_MS - 2 } };
    assert.equal(wordsOf(decide(unobserved({}), nudged, PLAN, OBSERVE_MS - 1)), 'wait');
    const { do: what, ...rest } = after(OBSERVE_MS, unobserved({}));
    assert.equal(what, 'end');
    assert.match('outcome' in rest ? rest.outcome.reason : '', /may be down, or may not watch/);
  });

  it('InvalidSpec is given its grace', () => {
    const invalid = at({ ...UPDATING, conditions: [{ type: 'InvalidSpec', message: 'no such service' }] });
    assert.equal(wordsOf(after(INVALID_MS - 1, invalid)), 'wait');
    assert.equal(wordsOf(after(INVALID_MS, invalid)), 'end stuck');
  });

  const stands: [what: string, status: object, spec: object, said: RegExp][] = [
    ['stable', {}, {}, /no such service\nProduction is as it was\.$/],
    [
      'in the middle',
      { ...UPDATING, canary: { weights: { canary: { weight: 20 } } } },
      {},
      /\nThe canary has a weight of 20 %, and keeps it\.$/,
    ],
    ['before the first weight', UPDATING, {}, /\nProduction is as it was\.$/],
    ['without a router', UPDATING, { strategy: { canary: {} } }, /\n1 of 4 pods are new, and stay\.$/],
    ['before the switch', { ...UPDATING, blueGreen: { activeSelector: 'old' } }, BLUE_GREEN, /as it was\.$/],
    ['after it', { ...UPDATING, blueGreen: { activeSelector: 'new' } }, BLUE_GREEN, /active Service is on/],
  ];
  for (const [what, status, spec, said] of stands) {
    it(`InvalidSpec says how production stands: ${what}`, () => {
      const conditions = [{ type: 'InvalidSpec', message: 'no such service' }];
      const seen = seenOf(
        rolloutOf({ spec: { ...rolloutOf().spec, ...spec }, status: { ...status, conditions } }),
      );
      const decision = after(INVALID_MS, seen);
      assert.match('outcome' in decision ? decision.outcome.reason : '', said);
    });
  }

  it('InvalidSpec that is mended is forgotten', () => {
    const invalid = at({ ...UPDATING, conditions: [{ type: 'InvalidSpec', message: 'no such service' }] });
    const begun = decide(invalid, STATE, PLAN, 0).state;
    const mended = decide(at(UPDATING), begun, PLAN, INVALID_MS - 1).state;
    assert.equal(wordsOf(decide(invalid, mended, PLAN, INVALID_MS)), 'wait');
  });

  const lost: [what: string, seen: Snapshot, state: Partial<RunState>][] = [
    ['a template', unobserved({}), {}],
    ['the end of a pause', at({ ...UPDATING, controllerPause: true, pauseConditions: null }), {}],
    ['a full promotion', at({ ...AT_GATE, promoteFull: true }), {}],
    ['a full promotion, at a timed pause', at({ ...AT_GATE, currentStepIndex: 3, promoteFull: true }), {}],
    ['a retry', at({ ...ABORTED, abort: false }), {}],
    ['an abort', at(aborting), down],
    ['an abort of somebody', at(aborting), {}],
  ];
  for (const [what, seen, state] of lost) {
    it(`${what} that the controller has lost is nudged, again and again`, () => {
      let { state: at } = after(0, seen, state);
      const nudges: number[] = [];
      for (let now = 0; now < OBSERVE_MS; now += 500) {
        const decision = decide(seen, at, PLAN, now);
        at = decision.state;
        if (wordsOf(decision) === 'send nudge') nudges.push(now / 1000);
        else assert.equal(wordsOf(decision), 'wait');
      }
      // the next is counted from the first look after the one before
      assert.deepEqual(nudges, [2, 4.5, 7, 9.5, 20, 30.5, 41, 51.5]);
    });
  }

  it('pods that do not become ready bring it down', () => {
    const seen = at(UPDATING, { replicaSets: [setWith('old', OLD), setWith('new', NEW, 1)] });
    assert.equal(wordsOf(after(PLAN.timeoutMs - 1, seen)), 'wait');
    const decision = after(PLAN.timeoutMs, seen);
    assert.equal(wordsOf(decision), 'send abort');
    assert.match(decision.state.reason ?? '', /not ready within 300s/);
  });

  it('a pod that becomes ready is progress', () => {
    const seen = (ready: number) =>
      at(UPDATING, { replicaSets: [setWith('old', OLD), setWith('new', NEW, ready)] });
    const begun = decide(seen(1), STATE, PLAN, 0).state;
    const later = decide(seen(2), begun, PLAN, PLAN.timeoutMs - 1).state;
    // the Rollout itself has not changed: only that would end it here
    const { state } = decide(
      seen(2),
      { ...later, since: { ...later.since, 'quiet 7': 1e9 } },
      PLAN,
      PLAN.timeoutMs,
    );
    assert.equal(state.direction, 'up');
  });

  it('a pause may take its time, and what the controller may; an analysis as long as it likes', () => {
    const running: AnalysisRun = { metadata: { name: 'run' }, status: { phase: 'Running' } };
    const pause = at({ ...AT_GATE, currentStepIndex: 3 });
    assert.equal(wordsOf(after(2000 + PLAN.timeoutMs - 1, pause)), 'wait');
    assert.equal(wordsOf(after(2000 + PLAN.timeoutMs, pause)), 'send abort');
    assert.equal(wordsOf(after(1e9, at(UPDATING, { analysisRuns: [running] }))), 'wait');
    assert.equal(wordsOf(after(PLAN.timeoutMs, at(UPDATING))), 'send abort');
  });

  it('an abort that the controller does not answer', () => {
    assert.equal(wordsOf(after(OBSERVE_MS - 1, at(aborting), down)), 'send nudge');
    assert.equal(wordsOf(after(OBSERVE_MS, at(aborting), down)), 'end stuck');
  });
});

describe('a gate', () => {
  it('is passed once by a promotion: the next one is for the next', () => {
    const { state } = decide(at(AT_GATE), { ...STATE, found: true }, PLAN, 0);
    assert.equal(wordsOf(decide(at(AT_GATE), state, PLAN, 1)), 'end held');
  });

  it('is not passed by one that came while the release was under way', () => {
    const { state } = decide(at(UPDATING), { ...STATE, found: true }, PLAN, 0);
    assert.equal(wordsOf(decide(at(AT_GATE), state, PLAN, 1)), 'end held');
  });
});

const ownerOf = ({ metadata }: Experiment) => ({
  apiVersion: '',
  kind: 'Experiment',
  name: metadata?.name ?? '',
  uid: metadata?.uid ?? '',
});

describe('the reason of an abort', () => {
  const run: AnalysisRun = {
    metadata: { name: 'web-2-1', labels: { 'rollouts-pod-template-hash': 'new' } },
    spec: {
      metrics: [
        { name: 'errors', successCondition: 'result < 0.1', failureCondition: 'result\n  > 0.2\n' },
        { name: 'latency', successCondition: 'result < 1' },
      ],
    },
    status: {
      phase: 'Failed',
      message: 'Metric "errors" assessed Failed due to failed (2) > failureLimit (0)',
      metricResults: [
        {
          name: 'errors',
          phase: 'Failed',
          failed: 2,
          successful: 1,
          measurements: [
            { phase: 'Successful', value: '0.01' },
            { phase: 'Failed', value: '0.4' },
            { phase: 'Error', message: 'no route to host' },
          ],
        },
        { name: 'latency', phase: 'Successful' },
      ],
    },
  };

  const experiment: Experiment = {
    metadata: { name: 'web-new-2-0', uid: 'e', labels: { 'rollouts-pod-template-hash': 'new' } },
    status: {
      phase: 'Failed',
      message: 'Metric "errors" assessed Failed',
      templateStatuses: [{ name: 'trial', status: 'Successful' }],
    },
  };
  const ofExperiment: AnalysisRun = {
    ...run,
    metadata: { name: 'web-new-2-0-errors', ownerReferences: [ownerOf(experiment)] },
  };

  it('is the Experiment, and its AnalysisRun that carries no label', () => {
    const over = { analysisRuns: [ofExperiment], experiments: [experiment] };
    const decision = decide(at(ABORTED, over), STATE, PLAN, 0);
    assert.match(
      decision.state.reason ?? '',
      /\nExperiment\/web-new-2-0 Failed: .*\nAnalysisRun\/web-new-2-0-errors Failed: .*\n {2}errors Failed/,
    );
    const old = { ...experiment, metadata: { ...experiment.metadata, labels: { [HASH_LABEL]: 'old' } } };
    const other = decide(at(ABORTED, { ...over, experiments: [old] }), STATE, PLAN, 0);
    assert.equal(other.state.reason, 'Rollout aborted update to revision 2');
  });

  it('is not that of a run that ended before this one began', () => {
    const seen = at(ABORTED, { analysisRuns: [{ ...run, metadata: { ...run.metadata, uid: 'a' } }] });
    const decision = decide(withoutRuns(seen, badRuns(seen)), STATE, PLAN, 0);
    assert.equal(decision.state.reason, 'Rollout aborted update to revision 2');
  });

  it('a gate says it, too', () => {
    const status = { ...AT_GATE, pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: 't' }] };
    const inconclusive = { ...run, status: { ...run.status, phase: 'Inconclusive' } };
    const decision = decide(at(status, { analysisRuns: [inconclusive] }), STATE, PLAN, 0);
    const { reason, hints } = 'outcome' in decision ? decision.outcome : { reason: '', hints: [] };
    assert.match(
      reason,
      /waits for a person: the analysis in the background is inconclusive\.\nAnalysisRun\/web-2-1/,
    );
    assert.match(
      hints[0] ?? '',
      /To measure it again, promote the same build again\. .*`promote_full: true`/,
    );
  });

  it('is the metric that failed, with what was measured', () => {
    const decision = decide(at(ABORTED, { analysisRuns: [run] }), STATE, PLAN, 0);
    assert.equal(
      decision.state.reason,
      [
        'Rollout aborted update to revision 2',
        'AnalysisRun/web-2-1 Failed: Metric "errors" assessed Failed due to failed (2) > failureLimit (0)',
        '  errors Failed (1 successful, 2 failed): 0.01, 0.4 Failed, no route to host Error; passes if result < 0.1, fails if result > 0.2',
      ].join('\n'),
    );
  });

  it('says what an index out of range is', () => {
    const message = 'reflect: slice index out of range';
    const [metric] = run.status?.metricResults ?? [];
    const metricResults = [{ ...metric, name: 'errors', measurements: [{ phase: 'Error', message }] }];
    const analysisRuns = [{ ...run, status: { ...run.status, metricResults } }];
    const { state } = decide(at(ABORTED, { analysisRuns }), STATE, PLAN, 0);
    assert.match(state.reason ?? '', /out of range \(the query returned no series; a condition can test/);
  });

  it('is not that of an analysis of another template', () => {
    const old = { ...run, metadata: { name: 'web-1', labels: { 'rollouts-pod-template-hash': 'old' } } };
    const decision = decide(at(ABORTED, { analysisRuns: [old] }), STATE, PLAN, 0);
    assert.equal(decision.state.reason, 'Rollout aborted update to revision 2');
  });
});

describe('blue-green, aborted after the switch', () => {
  const bluegreen = (status: object) =>
    seenOf(rolloutOf({ spec: { ...rolloutOf().spec, ...BLUE_GREEN }, status }));
  const back = bluegreen({ ...ABORTED, blueGreen: { activeSelector: 'old' } });
  const reasonAfter = (activeSelector: string) => {
    const { state } = decide(bluegreen({ ...UPDATING, blueGreen: { activeSelector } }), STATE, PLAN, 0);
    const decision = decide(back, state, PLAN, 1);
    return 'outcome' in decision ? decision.outcome.reason : '';
  };

  it('says that the active Service was on the release', () =>
    assert.match(
      reasonAfter('new'),
      /1\.0\.0, as it was; between the switch and the abort the active Service was on .*1\.1\.0\.$/,
    ));
  it('and not, where it was not', () => assert.match(reasonAfter('old'), /1\.0\.0, as it was\.$/));
});

describe('what is waited for', () => {
  const waitsFor = (seen: Snapshot) => {
    const decision = decide(seen, STATE, PLAN, 0);
    return decision.do === 'wait' ? decision.for : decision.do;
  };
  const running = (labels: Record<string, string>): AnalysisRun => ({
    metadata: { name: 'web-1', labels: { [HASH_LABEL]: 'new', ...labels } },
    status: { phase: 'Running' },
  });

  it('are pods', () => assert.equal(waitsFor(at(UPDATING)), 'more of the new pods'));
  it('is an analysis', () => {
    assert.equal(
      waitsFor(at(UPDATING, { analysisRuns: [running({ 'rollout-type': 'Step' })] })),
      'AnalysisRun/web-1 to end',
    );
  });
  it('is no analysis in the background, nor one of another template', () => {
    for (const labels of [{ 'rollout-type': 'Background' }, { [HASH_LABEL]: 'old' }]) {
      assert.equal(waitsFor(at(UPDATING, { analysisRuns: [running(labels)] })), 'more of the new pods');
    }
  });
});

describe('engines/argo/decide: a stable release that was ill before the step', () => {
  it('is not waited for after an abort', () => {
    assert.equal(next(backWith(1), down), 'wait');
    assert.equal(next(backWith(1), down, { stableBefore: 1 }), 'end aborted');
    assert.equal(next(backWith(0), down, { stableBefore: 0 }), 'end aborted');
    assert.equal(next(backWith(0), down, { stableBefore: 1 }), 'wait');
  });

  it('is said in the outcome, with the setting that rolls a fix out', () => {
    const decision = decide(backWith(0), { ...STATE, ...down }, { ...PLAN, stableBefore: 0 }, 0);
    assert.ok(decision.do === 'end');
    assert.match(
      decision.outcome.reason,
      /Production is on \S+:1\.0\.0, as it was, with 0 of 4 pods available\./,
    );
    assert.match(decision.outcome.hints.join('\n'), /`promote_full: true` rolls a fix out at once/);
  });
});
