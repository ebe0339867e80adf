import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Command, patchesOf } from '../../../src/engines/argo/commands.ts';
import { type Decision, decide } from '../../../src/engines/argo/decide.ts';
import type { Snapshot } from '../../../src/engines/argo/rollout/snapshot.ts';
import type { Rollout } from '../../../src/engines/argo/rollout/types.ts';
import type { Plan, RunState } from '../../../src/engines/argo/run-state.ts';
import { mergePatch } from '../../sim/api-server/admit.ts';
import { NEW, OLD, PLAN, podOf, rolloutOf, STATE, seenOf, setWith } from './fixtures.ts';

/** Each field for itself: what a stale read, another hand or another version of the controller could put together. */
const SNAPSHOTS = fc
  .record({
    asked: often(NEW, OLD),
    carried: often(NEW, OLD),
    generation: often(3, 4),
    observedGeneration: often('3', '4', '2', 'three', undefined),
    currentPodHash: often('new', 'old', undefined),
    stableRS: often('old', 'new', '', undefined),
    available: often(4, 0, 2),
    stableAvailable: often(4, 3),
    updatedReplicas: often(4, 0, 1),
    availableReplicas: often(4, 0, 1),
    abort: often(undefined, true, false),
    abortedAt: often(undefined, '2026-11-24T12:00:00Z', null),
    promoteFull: often(undefined, true),
    controllerPause: often(undefined, true),
    paused: often(undefined, true),
    pause: often(undefined, 'CanaryPauseStep', 'InconclusiveAnalysisRun', 'BlueGreenPause'),
    condition: often(undefined, 'InvalidSpec', 'RolloutAborted', 'ProgressDeadlineExceeded'),
    currentStepIndex: fc.constantFrom(undefined, 0, 1, 2, 3, 4, 9),
    weight: often(0, 20, 100, undefined),
    isBlueGreen: often(false, true),
    activeSelector: often('new', 'old', undefined),
    waiting: often(undefined, 'ImagePullBackOff', 'ContainerCreating'),
    bad: often(undefined, 'Check errors failed'),
    resourceVersion: fc.constantFrom('7', '8', '9'),
    makesWay: often(undefined, 'new', 'old'),
  })
  .map(snapshotOf);

/** The first twice as often as any other. */
function often<T>(first: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.constantFrom(first, first, ...others);
}

function snapshotOf(of: {
  asked: string;
  carried: string;
  generation: number;
  observedGeneration: string | undefined;
  currentPodHash: string | undefined;
  stableRS: string | undefined;
  available: number;
  stableAvailable: number;
  updatedReplicas: number;
  availableReplicas: number;
  abort: boolean | undefined;
  abortedAt: string | null | undefined;
  promoteFull: boolean | undefined;
  controllerPause: boolean | undefined;
  paused: boolean | undefined;
  pause: string | undefined;
  condition: string | undefined;
  currentStepIndex: number | undefined;
  weight: number | undefined;
  isBlueGreen: boolean;
  activeSelector: string | undefined;
  waiting: string | undefined;
  bad: string | undefined;
  resourceVersion: string;
  makesWay: string | undefined;
}): Snapshot {
  const given = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
  const rollout: Rollout = rolloutOf({
    generation: of.generation,
    spec: given({
      template: { spec: { containers: [{ name: 'app', image: of.asked }] } },
      paused: of.paused,
      ...(of.isBlueGreen ? { strategy: { blueGreen: { activeService: 'web' } } } : {}),
    }),
  });
  const type = of.condition === 'InvalidSpec' ? 'InvalidSpec' : 'Progressing';
  const marks = of.makesWay === undefined ? {} : { 'drone-promote/makes-way': `${of.makesWay} web:2` };
  rollout.metadata = { ...rollout.metadata, resourceVersion: of.resourceVersion, annotations: marks };
  rollout.status = given({
    observedGeneration: of.observedGeneration,
    currentPodHash: of.currentPodHash,
    stableRS: of.stableRS,
    replicas: 4,
    updatedReplicas: of.updatedReplicas,
    availableReplicas: of.availableReplicas,
    abort: of.abort,
    abortedAt: of.abortedAt,
    promoteFull: of.promoteFull,
    controllerPause: of.controllerPause,
    pauseConditions: of.pause && [{ reason: of.pause, startTime: '2026-11-24T12:00:00Z' }],
    conditions: of.condition && [{ type, reason: of.condition, message: 'it says' }],
    currentStepIndex: of.currentStepIndex,
    canary: { weights: of.weight === undefined ? null : { canary: { weight: of.weight } } },
    blueGreen: given({ activeSelector: of.activeSelector }),
  });
  return seenOf(rollout, {
    replicaSets: [setWith('old', OLD, of.stableAvailable), setWith('new', of.carried, of.available)],
    pods: of.waiting === undefined ? [] : [podOf('new', of.waiting)],
    ...(of.bad === undefined ? {} : { bad: of.bad }),
  });
}

const PLANS: fc.Arbitrary<Plan> = fc.record({
  ...Object.fromEntries(Object.entries(PLAN).map(([key, value]) => [key, fc.constant(value)])),
  until: fc.constantFrom('paused' as const, 'healthy' as const),
  promoteFull: often(false, true),
}) as fc.Arbitrary<Plan>;

const COURSES: fc.Arbitrary<RunState> = fc
  .record({ found: fc.boolean(), isDown: often(false, true) })
  .map(({ found, isDown }) => ({
    ...STATE,
    found,
    direction: isDown ? ('down' as const) : ('up' as const),
  }));

/** What may be believed of a snapshot, said again and by itself: the rules of src/argo must not be checked by themselves. */
function truthOf({ rollout, replicaSets }: Snapshot) {
  const { metadata, spec, status = {} } = rollout ?? {};
  const set = replicaSets.find((each) => each.metadata?.uid === status.currentPodHash);
  const seenGeneration = /^\d+$/.test(status.observedGeneration ?? '')
    ? Number(status.observedGeneration)
    : 0;
  return {
    isAsked: spec?.template?.spec?.containers[0]?.image === NEW,
    isSeen:
      seenGeneration >= (metadata?.generation ?? 0) &&
      set?.spec?.template?.spec?.containers[0]?.image === NEW,
    isNewStable: status.currentPodHash !== undefined && status.currentPodHash === status.stableRS,
    usersAreOnActive:
      !spec?.strategy?.blueGreen || status.blueGreen?.activeSelector === status.currentPodHash,
    usersAreBack: spec?.strategy?.blueGreen
      ? status.blueGreen?.activeSelector === status.stableRS
      : (status.canary?.weights?.canary?.weight ?? 0) === 0,
    isToMakeWay:
      status.abort === true &&
      metadata?.annotations?.['drone-promote/makes-way'] === `${status.currentPodHash} web:2`,
    isPaused: Boolean(spec?.paused || status.pauseConditions?.length),
    status,
  };
}

/** What must hold of a decision on a snapshot, whatever came before. */
function hold(seen: Snapshot, before: RunState, plan: Plan, decision: Decision): void {
  const truth = truthOf(seen);
  const { status } = truth;
  const said = decision.do === 'end' ? decision.outcome.kind : decision.do === 'send' ? decision.command : '';
  switch (said) {
    case 'promoted':
      assert.ok(truth.isAsked && truth.isSeen && truth.isNewStable && truth.usersAreOnActive);
      assert.ok(!status.abort && (status.availableReplicas ?? 0) >= (status.updatedReplicas ?? 0));
      break;
    case 'held':
      assert.ok(truth.isAsked && truth.isSeen && truth.isPaused && !status.promoteFull && !status.abort);
      assert.equal(plan.until, 'paused');
      assert.ok(!before.found, 'the run continues from what it found');
      break;
    case 'aborted':
      assert.ok(truth.isSeen && status.abort && status.abortedAt && status.stableRS);
      assert.ok(!truth.isNewStable, 'what is stable was not aborted');
      assert.ok(truth.usersAreBack);
      break;
    case 'superseded':
      assert.ok(!truth.isAsked || (truth.isToMakeWay && !before.found));
      break;
    case 'promote':
      assert.ok(truth.isAsked && truth.isSeen && truth.isPaused && before.found && !status.promoteFull);
      break;
    case 'promote-full':
      assert.ok(truth.isAsked && truth.isSeen && plan.promoteFull && !truth.isNewStable && !status.abort);
      break;
    case 'retry':
      assert.ok(truth.isAsked && truth.isSeen && before.found && status.abort && status.abortedAt);
      break;
    case 'abort':
      assert.ok(truth.isAsked && truth.isSeen && !status.abort && status.stableRS && !truth.isNewStable);
      break;
    default:
  }
  if (before.direction === 'down') {
    assert.equal(decision.state.direction, 'down', 'who goes down does not turn round');
    assert.ok(!['promoted', 'held', 'promote', 'promote-full', 'retry'].includes(said), said);
  }
}

test('argo/decide, over random snapshots: nothing is believed, sent or ended that the Rollout does not bear out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(SNAPSHOTS, fc.integer({ min: 0, max: 90_000 })), { minLength: 1, maxLength: 12 }),
      PLANS,
      COURSES,
      (story, plan, begun) => {
        let state = begun;
        let now = 0;
        for (const [seen, passes] of story) {
          now += passes;
          const decision = decide(seen, state, plan, now);
          hold(seen, state, plan, decision);
          if (decision.do === 'end') return;
          state = decision.state;
        }
      },
    ),
    { numRuns: 20_000 },
  );
});

/** What the API server has of a command; the controller makes nothing of it. */
function carriedOut({ rollout, ...seen }: Snapshot, command: Command, version: number): Snapshot {
  const patched = patchesOf(command, rollout ?? {}).reduce<Rollout | undefined>(
    (before, { body }) => mergePatch(before, { ...body, metadata: { resourceVersion: String(version) } }),
    rollout,
  );
  return { ...seen, rollout: patched };
}

test('argo/decide: where the controller does nothing any more it comes to an end, unless it waits for a person', () => {
  fc.assert(
    fc.property(SNAPSHOTS, PLANS, COURSES, (found, plan, begun) => {
      let seen = found;
      let state = begun;
      let last = '';
      let sent = 0;
      for (let now = 0; now < 4 * plan.timeoutMs; now += 1_000) {
        const decision = decide(seen, state, plan, now);
        if (decision.do === 'end') return;
        state = decision.state;
        if (decision.do === 'send') seen = carriedOut(seen, decision.command, 10 + ++sent);
        last = decision.do === 'wait' ? decision.for : decision.command;
      }
      assert.match(last, /^a person to promote it/, `at the end: ${last}`);
    }),
    { numRuns: 2_000 },
  );
});
