import type { Deployment, DeploymentSpec } from 'kubernetes-types/apps/v1';
import type { Opinion } from '../analysis/opinion.ts';
import { autoscalers, deployments, type KubeObject, type Resource, services } from '../cluster/resource.ts';
import type { Write } from '../cluster/write.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Router } from '../traffic/router.ts';
import { canaryDeployment, withImages } from '../workload/canary-copy.ts';
import { rolloutStatus } from '../workload/rollout-status.ts';
import { canaryService } from './canary-service.ts';
import { type Fault, faultOf, imageOf, pendingOf } from './fault.ts';
import { held, released } from './hold-autoscaler.ts';
import type { Observed } from './observed.ts';
import { canaryReplicas, type Plan, splitOf } from './plan.ts';
import type { PromotionRecord } from './record.ts';
import { type Stage, stagesOf } from './stages.ts';

/** What is to be done next. */
export type Decision =
  /** Write the record: an intent, before it is acted on. */
  | { do: 'record'; record: PromotionRecord; events: PromotionEvent[] }
  /** Write to the cluster, in this order; then look and decide again. */
  | { do: 'write'; writes: Write[]; events: PromotionEvent[] }
  /** Nothing to do until something changes, or so much time has passed. */
  | { do: 'wait'; ms: number; event: PromotionEvent }
  /** The end; `record` is what stays of it (a hold, or what needs a person), none where all is done. */
  | { do: 'end'; outcome: Outcome; record: PromotionRecord | undefined };

/** The longest that is waited without looking again. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The native engine's one decision: from what was intended and what is seen to what is done next. Pure; all rules of safety are here
 * and in `faultOf`. Its promises, held by properties in the tests: no weight without ready endpoints; stable is not written before all
 * stages before it have passed; on the way down weight 0 comes first; every path ends.
 *
 * @param now milliseconds since the epoch, by the clock that wrote the record's times
 */
export function decide(record: PromotionRecord, observed: Observed, now: number, router: Router): Decision {
  if (isWrittenAfterAll(record, observed)) return putBack(record, now);
  const stage = stagesOf(record)[record.stage];
  if (!stage) return comeBack(record, observed, now) ?? finished(record, observed, router);
  const fault = faultOf(record, stage, observed, now, router);
  if (fault?.answer === 'stuck') return stuck(record, stage, observed, fault, router);
  if (fault) return turnDown(record, observed, fault, now, router);
  return (
    toward(record.plan, stage, observed, router) ??
    reached(record, stage, now) ??
    confirmed(record, stage, observed, now) ??
    hold(record, stage, observed, router) ??
    holdOn(record, stage, observed, now)
  );
}

/**
 * On the way down, which left stable alone since it was not written, it is written all the same: a step that slept past its lease had its
 * write on the way. Nobody has changed the Deployment since, so that its version did not fence it off.
 */
function isWrittenAfterAll(
  { direction, restore, leave, plan }: PromotionRecord,
  { stable }: Observed,
): boolean {
  if (direction === 'up' || restore || leave || !stable || plan.from === plan.to) return false;
  return imageOf(stable, plan) === plan.to;
}

/** Something of the canary is there at the end: made by a step that has lost its lock, while it was being removed. It goes too. */
function comeBack(record: PromotionRecord, observed: Observed, now: number): Decision | undefined {
  const { canary, services: present, routes } = observed;
  const left = [canary, ...present, ...routes.canary].flatMap((each) => each ?? []);
  if (!left.some(isStaying) || record.plan.steps.length === 0) return undefined;
  return { do: 'record', record: entered(record, stagesOf(record).length - 1, now), events: [] };
}

function putBack(record: PromotionRecord, now: number): Decision {
  const reason = `Deployment/${record.plan.workload} was written by a step that has lost its lock: it is put back.`;
  return {
    do: 'record',
    record: { ...entered(record, 0, now), restore: true, drain: true },
    events: [{ type: 'down', reason }],
  };
}

/** The next write, or wait, that brings the cluster to the stage; undefined where it is there. */
function toward(plan: Plan, stage: Stage, observed: Observed, router: Router): Decision | undefined {
  if (stage.kind === 'remove') return remove(observed, router);
  return (
    canaryToward(plan, stage, observed) ??
    weightToward(plan, stage, observed, router) ??
    autoscalerToward(stage, observed) ??
    stableToward(plan, stage, observed)
  );
}

function canaryToward(plan: Plan, stage: Stage, observed: Observed): Decision | undefined {
  const { stable, canary } = observed;
  if (typeof stage.share !== 'number' || !stable) return undefined;
  const wanted = canaryReplicas(stable.spec?.replicas ?? 1, stage.share);
  // once stable is written it is the canary that is on its way out: what is gone of it is not made again
  const isLeaving = stage.kind === 'carry' || (stage.kind === 'stable' && imageOf(stable, plan) === plan.to);
  if (isLeaving && !isWhole(plan, observed)) return undefined;
  if (canary?.metadata?.deletionTimestamp !== undefined) {
    return waitFor(`an older ${plan.canary} to go`);
  }
  if (canary && imageOf(canary, plan) !== plan.to) {
    const write = deletion(deployments)(canary);
    return { do: 'write', writes: [write], events: [written(write, 'a leftover of another release')] };
  }
  const missing = missingObjects(plan, observed, wanted);
  if (missing.length > 0) {
    const pods = wanted === 1 ? '1 pod' : `${wanted} pods`;
    return {
      do: 'write',
      writes: missing,
      events: missing.map((write) =>
        written(write, write.resource === deployments ? `${pods}, ${plan.to}` : ''),
      ),
    };
  }
  const replicas = canary?.spec?.replicas ?? 1;
  if (canary && replicas !== wanted) {
    const write = update(deployments, canary, withSpec(canary, { replicas: wanted }));
    return { do: 'write', writes: [write], events: [written(write, `${replicas} → ${wanted} pods`)] };
  }
  if (isLeaving && stage.kind === 'stable') return undefined;
  const status = canary ? rolloutStatus(canary) : undefined;
  if (status?.state !== 'done') return waitFor(`the canary: ${status?.message ?? 'not there yet'}`);
  const short = Object.entries(observed.ready).find(([, ready]) => ready < wanted);
  return short ? waitFor(`endpoints of Service/${short[0]}: ${short[1]} of ${wanted} are ready`) : undefined;
}

/** Whether the canary stands with its pods and Services. */
function isWhole(plan: Plan, { canary, services: present }: Observed): boolean {
  return canary !== undefined && isStaying(canary) && present.length >= plan.services.length;
}

function missingObjects(plan: Plan, observed: Observed, replicas: number): Write[] {
  if (!observed.stable) return [];
  const images = Object.fromEntries(plan.containers.map((container) => [container, plan.to]));
  const copy = () => canaryDeployment(observed.stable ?? {}, plan.canary, plan.label, images, replicas);
  const present = new Set(observed.services.map((service) => service.metadata?.name));
  return [
    ...(observed.canary ? [] : [{ verb: 'create', resource: deployments, object: copy() } as const]),
    ...plan.services.flatMap(({ stable, canary }): Write[] => {
      const original = observed.stableServices.find((each) => each.metadata?.name === stable);
      if (present.has(canary) || !original) return [];
      return [{ verb: 'create', resource: services, object: canaryService(original, canary, plan) }];
    }),
  ];
}

function weightToward(plan: Plan, stage: Stage, observed: Observed, router: Router): Decision | undefined {
  if (stage.weight === 'keep') return undefined;
  if (stage.kind === 'carry' && !isWhole(plan, observed)) return undefined;
  const lower = stage.weight === 'lower';
  const weight = lower ? 0 : Number(stage.weight);
  const writes = lower
    ? router.lower(observed.routes, 0)
    : router.toward(splitOf(plan), observed.routes, weight);
  if (writes.length === 0) return undefined;
  const created = writes.filter((write) => write.verb === 'create');
  if (created.length > 0) {
    return { do: 'write', writes, events: created.map((write) => written(write, 'weight 0 %')) };
  }
  const names = writes.map((write) => write.object.metadata?.name ?? '');
  return { do: 'write', writes, events: [{ type: 'weight', weight, ingresses: names }] };
}

function autoscalerToward(stage: Stage, { autoscaler, stable }: Observed): Decision | undefined {
  if (!autoscaler || (stage.kind !== 'pin' && stage.kind !== 'unpin')) return undefined;
  const object = stage.kind === 'pin' ? held(autoscaler, stable?.spec?.replicas ?? 1) : released(autoscaler);
  if (!object) return undefined;
  const write = update(autoscalers, autoscaler, object);
  const minimum = `minimum ${autoscaler.spec?.minReplicas ?? 1} → ${object.spec?.minReplicas}`;
  return { do: 'write', writes: [write], events: [written(write, minimum)] };
}

function stableToward(plan: Plan, stage: Stage, observed: Observed): Decision | undefined {
  const { stable } = observed;
  // before the stage that writes it, stable is not looked at here: its image is a matter of faults
  if (!stable || !['stable', 'return', 'restore'].includes(stage.kind)) return undefined;
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  const current = imageOf(stable, plan);
  if (current !== wanted) {
    const images = Object.fromEntries(plan.containers.map((container) => [container, wanted]));
    const template = { ...stable.spec?.template };
    template.spec = withImages(template.spec ?? { containers: [] }, images);
    const object = withSpec(stable, { template });
    const write = update(deployments, stable, object);
    return { do: 'write', writes: [write], events: [written(write, `${current} → ${wanted}`)] };
  }
  if (stage.kind === 'return') return undefined;
  const status = rolloutStatus(stable);
  return status.state === 'done' ? undefined : waitFor(`stable: ${status.message}`);
}

/** Route first, then Services, then pods: nobody is sent to what is gone. */
function remove(observed: Observed, router: Router): Decision | undefined {
  const routes = router.remove({ ...observed.routes, canary: observed.routes.canary.filter(isStaying) });
  const rest = observed.services.filter(isStaying).map(deletion(services));
  const canary = [observed.canary]
    .flatMap((each) => each ?? [])
    .filter(isStaying)
    .map(deletion(deployments));
  const writes = [routes, rest, canary].find((each) => each.length > 0);
  if (writes) return { do: 'write', writes, events: writes.map((write) => written(write, '')) };
  const left = observed.routes.canary.length + observed.services.length;
  if (observed.canary || left > 0) return waitFor("the canary's pods to end");
  return undefined;
}

/** How long the counters may take to show a weight: the router's queue (3.3 s), their lag (1 s), a few looks; and room for chance. */
const CONFIRM_MS = 15_000;

/**
 * A step's time begins when its weight is in force by what was measured, not when it was written. Where there are too few requests to
 * tell, it begins all the same, after a while; where they say something else, `faultOf` ends the promotion.
 */
function confirmed(
  record: PromotionRecord,
  stage: Stage,
  { opinion }: Observed,
  now: number,
): Decision | undefined {
  const isHeld = record.reachedAt !== undefined && record.confirmedAt === undefined;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  if (!isGiven || !isHeld || !opinion || opinion.share.verdict === 'unknown') return undefined;
  const { verdict, measured, sinceMs } = opinion.share;
  if (verdict !== 'agrees' && sinceMs < CONFIRM_MS) {
    return waitFor(`the router to take up ${stage.name}`);
  }
  const event: PromotionEvent =
    verdict === 'agrees'
      ? { type: 'measured', message: `${stage.name} is in force: ${measured}` }
      : {
          type: 'warning',
          message: `${stage.name} is not confirmed: ${measured}, which is too few to tell.`,
        };
  return { do: 'record', record: { ...record, confirmedAt: now }, events: [event] };
}

function reached(record: PromotionRecord, stage: Stage, now: number): Decision | undefined {
  if (record.reachedAt !== undefined || stage.forMs === 0) return undefined;
  return { do: 'record', record: { ...record, reachedAt: now }, events: [] };
}

function hold(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  router: Router,
): Decision | undefined {
  if (stage.kind !== 'hold') return undefined;
  const weight = router.weight(observed.routes);
  return {
    do: 'end',
    record: { ...record, held: true },
    outcome: {
      word: 'held',
      reason: `${record.plan.to} waits at a hold with ${weight} % of the users.`,
      hints: [
        'To go on: promote the same build again. To go back: promote with `action: abort`, or roll back.',
      ],
      image: record.plan.to,
      weight,
    },
  };
}

function holdOn(record: PromotionRecord, stage: Stage, observed: Observed, now: number): Decision {
  const { opinion, recentCanary = 0 } = observed;
  // a user's step is held from when its weight is in force; a settle is over when it has been seen to be
  const began = stage.kind === 'weight' ? (record.confirmedAt ?? record.reachedAt) : record.reachedAt;
  const left = stage.forMs === 0 ? 0 : (began ?? now) + stage.forMs - now;
  if (left > 0 && !isSure(record, stage, opinion)) {
    const event: PromotionEvent = { type: 'holding', message: holdMessage(stage), ms: stage.forMs };
    return { do: 'wait', ms: Math.min(left, LOOK_AGAIN_MS), event };
  }
  const pending = stage.kind === 'weight' ? pendingOf(record.plan, opinion) : undefined;
  if (pending !== undefined) return waitFor(pending);
  // the router may follow late (its queue, a connection of its own that was lost): what it counts is better than a time
  const isDrain = (stage.kind === 'stop' || stage.kind === 'return') && stage.forMs > 0;
  if (isDrain && recentCanary > 0 && now < record.since + record.plan.timeoutMs) {
    return waitFor('the last users to leave the canary, by the counters of the router');
  }
  const events: PromotionEvent[] =
    stage.kind === 'weight' && opinion && opinion.summary !== ''
      ? [{ type: opinion.enough ? 'measured' : 'warning', message: `at ${stage.name}: ${opinion.summary}` }]
      : [];
  return { do: 'record', record: entered(record, record.stage + 1, now), events };
}

/** Whether a step that ends by evidence has it: its weight is in force, every check has a value, and enough was counted. */
function isSure(
  { confirmedAt }: PromotionRecord,
  { untilSure }: Stage,
  opinion: Opinion | undefined,
): boolean {
  if (!untilSure || confirmedAt === undefined) return false;
  return opinion?.share.verdict === 'agrees' && opinion.enough && opinion.pending === undefined;
}

function holdMessage(stage: Stage): string {
  switch (stage.kind) {
    case 'weight':
      return `at ${stage.name}`;
    case 'return':
    case 'stop':
      return 'draining: the last requests on the canary end';
    default:
      return 'settling: the router takes up the change';
  }
}

/** The record at another stage of its direction. */
export function entered(record: PromotionRecord, stage: number, now: number): PromotionRecord {
  const { reachedAt: _, confirmedAt: __, held: ___, ...rest } = record;
  return { ...rest, stage, since: now };
}

function turnDown(
  record: PromotionRecord,
  observed: Observed,
  fault: Fault,
  now: number,
  router: Router,
): Decision {
  const { stable } = observed;
  const restore =
    fault.answer === 'down' && stable !== undefined && imageOf(stable, record.plan) === record.plan.to;
  return {
    do: 'record',
    record: {
      ...entered(record, 0, now),
      direction: 'down',
      reason: fault.reason,
      hints: fault.hints,
      restore,
      ...(fault.answer === 'leave' ? { leave: true } : {}),
      // also where somebody else has taken the weight away a moment ago: the router follows late
      drain: router.weight(observed.routes) > 0 || record.stage > 0 || record.reachedAt !== undefined,
    },
    events: [{ type: 'down', reason: fault.reason }],
  };
}

function stuck(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  fault: Fault,
  router: Router,
): Decision {
  const { plan } = record;
  const weight = router.weight(observed.routes);
  const state =
    record.direction === 'up' && weight === 100
      ? `The canary (${plan.to}) carries all users and keeps them; Deployment/${plan.workload} did not follow.`
      : `It stopped at "${stage.name}", with ${weight} % of the users on the canary.`;
  return {
    do: 'end',
    record,
    outcome: {
      word: 'stuck',
      reason: `${fault.reason}\n${state}`,
      hints: [
        `Look: kubectl -n ${plan.namespace} describe deployment ${plan.workload}`,
        'When it is mended: promote the same build again, and it goes on; or `action: abort` puts the old version back.',
        ...fault.hints,
      ],
      image: plan.to,
      weight,
    },
  };
}

function finished(record: PromotionRecord, observed: Observed, router: Router): Decision {
  const { plan } = record;
  const weight = router.weight(observed.routes);
  if (record.direction === 'up') {
    const replicas = observed.stable?.status?.availableReplicas ?? 0;
    const reason = `${plan.to} is the stable version, ${replicas} ${replicas === 1 ? 'pod' : 'pods'} available.`;
    return {
      do: 'end',
      record: undefined,
      outcome: { word: 'promoted', reason, hints: [], image: plan.to, weight },
    };
  }
  const left = observed.stable ? `${imageOf(observed.stable, plan)} serves all users` : 'no canary is left';
  return {
    do: 'end',
    record: undefined,
    outcome: {
      word: 'aborted',
      reason: `${record.reason ?? 'Aborted.'}\nProduction is as it was: ${left}.`,
      hints: record.hints ?? [],
      image: plan.from,
      weight,
    },
  };
}

function waitFor(message: string): Decision {
  return { do: 'wait', ms: LOOK_AGAIN_MS, event: { type: 'waiting', message } };
}

function written(write: Write, message: string): PromotionEvent {
  const object = `${write.resource.kind}/${write.object.metadata?.name ?? '?'}`;
  return { type: 'write', verb: write.verb, object, message };
}

function withSpec(deployment: Deployment, change: Partial<DeploymentSpec>): Deployment {
  return { ...deployment, spec: { ...(deployment.spec ?? { selector: {}, template: {} }), ...change } };
}

function update<T extends KubeObject>(resource: Resource<T>, before: T, object: T): Write {
  return { verb: 'update', resource: resource as Resource<KubeObject>, before, object };
}

function deletion(resource: Resource<KubeObject>): (object: KubeObject) => Write {
  return (object) => ({ verb: 'delete', resource, object });
}

function isStaying(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp === undefined;
}
