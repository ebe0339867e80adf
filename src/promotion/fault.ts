import type { Opinion } from '../analysis/opinion.ts';
import type { KubeObject } from '../cluster/resource.ts';
import { formatDuration } from '../duration.ts';
import type { Router } from '../traffic/router.ts';
import { rolloutStatus } from '../workload/rollout-status.ts';
import { replicaFailure, troublesOf } from '../workload/trouble.ts';
import { copyFault, deadline, said } from './copy-fault.ts';
import type { Fault } from './decision.ts';
import { imageOf } from './image-of.ts';
import { jobFault } from './job-checks.ts';
import type { Observed } from './observed.ts';
import type { Plan } from './plan.ts';
import type { PromotionRecord } from './record.ts';
import { type Stage, stagesOf } from './stages.ts';

/** The first thing that stands against the stage, if any. */
export function faultOf(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  now: number,
  router: Router,
): Fault | undefined {
  if (stage.kind === 'remove') return lateRemoval(record, now);
  if (record.direction === 'down') return faultOnTheWayDown(record, stage, observed, now);
  return (
    requested(observed) ??
    othersHands(record.plan, stage, observed) ??
    handsOnCanary(record, stage, observed, router) ??
    judgedBad(record, stage, observed) ??
    scoredLow(record, stage, observed, now) ??
    jobFault(record, stage, observed, now) ??
    noValue(record, stage, observed, now) ??
    copyFault(record, stage, observed, now) ??
    stableFault(record, stage, observed, now)
  );
}

function requested({ request }: Observed): Fault | undefined {
  return request ? { answer: 'down', reason: request.reason, hints: [] } : undefined;
}

/** Somebody deployed, or deleted, while the promotion ran: their change stands, the canary goes. */
function othersHands(plan: Plan, stage: Stage, { stable }: Observed): Fault | undefined {
  if (!stable || stable.metadata?.deletionTimestamp !== undefined) {
    return { answer: 'leave', reason: `Deployment/${plan.workload} was deleted meanwhile.`, hints: [] };
  }
  if (stage.image === 'any') return undefined;
  const image = imageOf(stable, plan);
  const expected =
    stage.kind === 'stable' ? [plan.from, plan.to] : stage.image === 'to' ? [plan.to] : [plan.from];
  if (expected.includes(image)) return undefined;
  return {
    answer: 'leave',
    reason: `Deployment/${plan.workload} runs ${image} and not ${expected.join(' or ')}: somebody has changed it meanwhile.`,
    hints: ['Find out who deploys beside this pipeline (a person, Git, Keel), then promote again.'],
  };
}

/** What the counters say against the release, as long as stable is the old one. */
function judgedBad(
  { plan, confirmedAt }: PromotionRecord,
  stage: Stage,
  { opinion, stable }: Observed,
): Fault | undefined {
  const isWritten = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!opinion || isWritten || typeof stage.weight !== 'number') return undefined;
  if (opinion.bad !== undefined) return { answer: 'down', reason: opinion.bad, hints: [] };
  const { verdict, measured } = opinion.share;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  if (!isGiven || confirmedAt !== undefined || verdict !== 'differs') return undefined;
  return {
    answer: 'down',
    reason: `The weight of ${stage.name} is not in force: measured ${measured}.`,
    hints: [
      'Is there another canary Ingress on the same host and path, or a cookie or header that decides first?',
    ],
  };
}

/**
 * Kayenta's judge, asked at the end of a step, and not before: each look more would be one more false alarm. At the last step the release has to
 * pass; before it, marginal is enough.
 */
function scoredLow(
  record: PromotionRecord,
  stage: Stage,
  { opinion }: Observed,
  now: number,
): Fault | undefined {
  const began = record.confirmedAt ?? record.reachedAt;
  if (stage.kind !== 'weight' || !opinion?.score || began === undefined) return undefined;
  if (now < began + stage.forMs || opinion.pending !== undefined) return undefined;
  const isLast = stagesOf(record).findLastIndex(({ kind }) => kind === 'weight') === record.stage;
  const { verdict, message } = opinion.score;
  if (verdict === 'pass' || (verdict === 'marginal' && !isLast)) return undefined;
  return { answer: 'down', reason: `Kayenta's judge does not pass the canary: ${message}.`, hints: [] };
}

/** A step that may not pass without a value, or on too few requests, has none or too few, long after its end. */
function noValue(
  { plan, reachedAt, confirmedAt }: PromotionRecord,
  stage: Stage,
  { opinion }: Observed,
  now: number,
): Fault | undefined {
  const began = confirmedAt ?? reachedAt;
  const pending = stage.kind === 'weight' || stage.kind === 'test' ? pendingOf(plan, opinion) : undefined;
  if (pending === undefined || began === undefined) return undefined;
  if (now < began + stage.forMs + plan.timeoutMs) return undefined;
  const late = formatDuration(plan.timeoutMs);
  return opinion?.pending === undefined
    ? {
        answer: 'down',
        reason: `There were too few requests to tell, ${late} past the end of the step: it waited for ${pending}.`,
        hints: ['Give the step more weight or more time; or a larger difference as `detectable`.'],
      }
    : {
        answer: 'down',
        reason: `A check has had no value since the step began, ${late} past its end: ${pending}.`,
        hints: ['Whether silence passes is for you to say: `no_data: pass` in the check.'],
      };
}

/** What the end of a weight's step has to wait for. */
export function pendingOf({ requireEvidence }: Plan, opinion: Opinion | undefined): string | undefined {
  if (opinion?.pending !== undefined) return opinion.pending;
  if (!requireEvidence || opinion?.enough) return undefined;
  return `enough requests to tell (\`require_evidence\`): ${opinion?.summary || 'nothing is counted'}`;
}

/**
 * Somebody has deleted or edited the canary while the promotion ran. Who does that wants it to stop, and most likely has a reason: it
 * comes down. A count of pods alone is put back instead, since tools change counts.
 */
function handsOnCanary(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  router: Router,
): Fault | undefined {
  const { plan, reachedAt } = record;
  const { canary, stable, services, routes } = observed;
  const isMade = record.stage > 0 || reachedAt !== undefined;
  const isLeaving = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!isMade || isLeaving || typeof stage.share !== 'number') return undefined;
  const gone = [
    ...(canary && !isGoing(canary) ? [] : [`Deployment/${plan.canary}`]),
    ...missing('Service', plan.services, services),
    ...missing('Ingress', plan.routes, routes.canary),
  ];
  const stopped = (reason: string): Fault => ({
    answer: 'down',
    reason,
    hints: ['Find out who works on the canary beside this pipeline, then promote again.'],
  });
  if (gone.length > 0)
    return stopped(`${gone.join(', ')} was deleted meanwhile: somebody has stopped the canary.`);
  if (canary && imageOf(canary, plan) !== plan.to) {
    return stopped(
      `Deployment/${plan.canary} runs ${imageOf(canary, plan)}: somebody has changed it meanwhile.`,
    );
  }
  const weight = typeof stage.weight === 'number' ? stage.weight : undefined;
  if (reachedAt === undefined || weight === undefined || router.lower(routes, weight).length === 0)
    return undefined;
  const now = router.weight(routes);
  return stopped(`The canary's weight was changed from ${weight} % to ${now} % by somebody else.`);
}

function missing(
  kind: string,
  pairs: readonly { canary: string }[],
  present: readonly KubeObject[],
): string[] {
  const standing = present.filter((each) => !isGoing(each)).map(({ metadata }) => metadata?.name);
  return pairs.filter(({ canary }) => !standing.includes(canary)).map(({ canary }) => `${kind}/${canary}`);
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function stableFault(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  now: number,
): Fault | undefined {
  const { plan } = record;
  const { stable } = observed;
  if (stage.kind !== 'stable' || !stable || imageOf(stable, plan) !== plan.to) return undefined;
  const carried = stage.weight === 100 && plan.finish === 'shift';
  const status = rolloutStatus(stable);
  const refused = replicaFailure(stable);
  const fatal = [...(refused ? [refused] : []), ...troublesOf(observed.renewedPods)].find(
    (trouble) => trouble.weight === 'fatal',
  );
  const late = status.state !== 'done' && now >= deadline(record, stage, stable);
  // while the canary carries everybody there is time: a pull that fails on one node may succeed yet
  const failed = status.state === 'failed' || late || (!carried && fatal !== undefined);
  if (!failed) return undefined;
  const why = fatal ? said(fatal) : `${status.message}.`;
  return {
    answer: carried ? 'stuck' : 'down',
    reason: `Deployment/${plan.workload} did not roll out: ${why}`,
    hints: [],
  };
}

function faultOnTheWayDown(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  now: number,
): Fault | undefined {
  if (stage.kind !== 'restore' && stage.kind !== 'carry') return undefined;
  const waitedFor = stage.kind === 'restore' ? observed.stable : observed.canary;
  const failed =
    stage.kind === 'restore' && waitedFor !== undefined && rolloutStatus(waitedFor).state === 'failed';
  if (!failed && now < deadline(record, stage, waitedFor)) return undefined;
  const what = stage.kind === 'restore' ? `Deployment/${record.plan.workload}` : 'The canary';
  const status = waitedFor ? rolloutStatus(waitedFor).message : 'it is gone';
  return {
    answer: 'stuck',
    reason: `${record.reason ?? ''} ${what} does not get ready on the way back: ${status}.`.trim(),
    hints: [],
  };
}

function lateRemoval(record: PromotionRecord, now: number): Fault | undefined {
  if (now - record.since < record.plan.timeoutMs) return undefined;
  const { namespace, label } = record.plan;
  return {
    answer: 'stuck',
    reason: `The canary's objects were not removed within ${formatDuration(record.plan.timeoutMs)}; no user is sent to them.`,
    hints: [`Look: kubectl -n ${namespace} get all -l ${label.key}=${label.canary}`],
  };
}
