import type { Assessment } from '../../../analysis/assessment.ts';
import { formatDuration } from '../../../duration.ts';
import type { MeasuredEvent } from '../../../events.ts';
import type { ComparisonResult } from '../../../measurements.ts';
import { measuredLines, scoreText } from '../../../sentences.ts';
import { imageOf } from '../../../workload/images.ts';
import { isDown } from '../../../workload/rollout-status.ts';
import { isCheckWatcher } from '../../shared/prove-watchers.ts';
import type { Fault } from '../converge/decision.ts';
import { countedIn } from '../observe/counted-events.ts';
import type { Situation } from '../observe/situation.ts';
import { beganAt, type PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import { stagesOf } from '../plan/stages.ts';
import { checkToCome } from './check-job-fault.ts';
import { diagnose, seenOf } from './not-in-force.ts';

/** What the rules about measurements read of a situation; a rolling update has it too. */
type JudgedSituation = Pick<Situation, 'record' | 'stage' | 'now'> & {
  snapshot: Pick<Situation['snapshot'], 'assessment' | 'stable'>;
};

/**
 * What the counters say against the release: as long as stable is the old one, and at a pace until stable is
 * the new one.
 */
export function analysisFault(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, router } = situation;
  const { plan, confirmedAt } = record;
  const { assessment, stable } = snapshot;
  const isWritten = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!assessment || (isWritten && !plan.pace) || typeof stage.weight !== 'number') return undefined;
  if (assessment.failure !== undefined) {
    const hints = assessment.failureHint === undefined ? [] : [assessment.failureHint];
    return { answer: 'down', reason: assessment.failure, hints, facts: failedEvents(stage, assessment) };
  }
  const { verdict, canary, total } = assessment.trafficShare;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  if (!isGiven || confirmedAt !== undefined || verdict !== 'differs') return undefined;
  if (stable && isDown(stable) && router.needsStablePods !== undefined) {
    const pods = `0 of ${stable.spec?.replicas ?? 1}`;
    return {
      answer: 'down',
      reason: `Deployment/${plan.workload} has no available pod (${pods}), and ${router.needsStablePods}`,
      hints: [
        `Look: kubectl -n ${plan.namespace} describe deployment ${plan.workload}`,
        'Promoting the same build again rolls it out at once, as long as stable has no available pod.',
      ],
    };
  }
  return { answer: 'down', ...diagnose(seenOf(situation, { canary, total })) };
}

/**
 * Kayenta's judge, asked at the end of a step, and not before: each look more would be one more false alarm. At the last step the release has to
 * pass; before it, marginal is enough.
 */
export function scoreFault({
  record,
  stage,
  snapshot: { assessment },
  now,
}: JudgedSituation): Fault | undefined {
  const began = beganAt(record, stage);
  if (stage.kind !== 'weight' || !assessment?.score || began === undefined) return undefined;
  const lateMs = assessment.late?.nowMs ?? 0;
  if (now < began + stage.forMs + lateMs || checkToCome(stage, assessment) !== undefined) return undefined;
  const isLast = stagesOf(record).findLastIndex(({ kind }) => kind === 'weight') === record.stage;
  const { verdict } = assessment.score;
  if (verdict === 'pass' || (verdict === 'marginal' && !isLast)) return undefined;
  return {
    answer: 'down',
    reason: `Kayenta's judge does not pass the canary: ${scoreText(assessment.score)}.\n${SCORE_TEXT}`,
    hints: [],
    facts: failedEvents(stage, assessment),
  };
}

const SCORE_TEXT =
  'The score is the part of the metrics, by their weight, in which the canary is like stable.';

/** A step that may not pass without a value, or on too few requests, has none or too few, long after its end. */
export function missingDataFault({ record, stage, snapshot, now }: JudgedSituation): Fault | undefined {
  const { plan } = record;
  const { assessment } = snapshot;
  const began = beganAt(record, stage);
  const pending = pendingOf({ record, stage, snapshot });
  if (pending === undefined || began === undefined) return undefined;
  if (now < began + stage.forMs + plan.timeoutMs) return undefined;
  const late = formatDuration(plan.timeoutMs);
  const facts = assessment ? failedEvents(stage, assessment) : [];
  const check = checkToCome(stage, assessment);
  const stableGone = stableToCome(record, snapshot);
  if (check === undefined && stableGone !== undefined) {
    return {
      answer: 'down',
      reason: `Stable went down under the canary. ${late} past the end of the step it still waited for ${stableGone}.`,
      hints: [
        `Look: kubectl -n ${plan.namespace} describe deployment ${plan.workload}`,
        'Promoting the same build again rolls it out at once, as long as stable has no available pod.',
      ],
      facts,
    };
  }
  if (stage.kind === 'mirror') {
    return {
      answer: 'down',
      reason: `No copied request was counted until ${late} past the end of the mirror, so that the canary was judged by nothing.`,
      hints: ['Copy more requests, for a longer time; or remove `mirror_requests`.'],
      facts,
    };
  }
  const silent = silenceOf(record, assessment);
  if (check === undefined && silent !== undefined) {
    return {
      answer: 'down',
      reason: `Nothing has watched the release for ${late} past the end of the step: it waited for ${silent}.`,
      hints: [
        'A step does not end while what watched at the start is silent. `unwatched: allow` promotes without it.',
      ],
      facts,
    };
  }
  return check === undefined
    ? {
        answer: 'down',
        reason: `There were too few requests to tell, ${late} past the end of the step: it waited for ${pending}.`,
        hints: ['Give the step more weight or more time, or set a larger `detectable`.'],
        facts,
      }
    : {
        answer: 'down',
        reason: `A check has had no value since the step began, ${late} past its end: ${pending}.`,
        hints: ['To let a check without a value pass, set `no_data: pass` on it.'],
        facts,
      };
}

/** What the end of a step has to wait for; only steps of the user wait. */
export function pendingOf({ record, stage, snapshot }: Omit<JudgedSituation, 'now'>): string | undefined {
  const { assessment } = snapshot;
  if (stage.kind === 'mirror') return copyToCome(record, assessment);
  const check = checkToCome(stage, assessment);
  if (check !== undefined) return check;
  if (stage.kind !== 'weight' && stage.kind !== 'test') return undefined;
  const waits =
    stage.kind === 'weight' ? (stableToCome(record, snapshot) ?? silenceOf(record, assessment)) : undefined;
  if (waits !== undefined) return waits;
  if (!record.plan.requireEvidence || assessment?.conclusive) return undefined;
  const measured = assessment ? measuredLines(assessment).join('; ') : '';
  return `enough requests to tell (\`require_evidence\`): ${measured || 'nothing is counted'}`;
}

/** Copies that nothing counts have shown nothing; a service without users has none. */
function copyToCome({ watched }: PromotionRecord, assessment: Assessment | undefined): string | undefined {
  if (!assessment || !watched || watched.by.length === 0 || watched.idle) return undefined;
  return countedIn({ kind: 'mirror' }, assessment).length > 0 ? undefined : 'a copied request to be counted';
}

/** A stable version without an available pod is nothing to compare with, and its users have no answer. */
function stableToCome(
  { plan }: PromotionRecord,
  { stable }: JudgedSituation['snapshot'],
): string | undefined {
  if (!stable || !isDown(stable) || imageOf(stable, plan) === plan.to) return undefined;
  return `a pod of Deployment/${plan.workload} to be available: 0 of ${stable.spec?.replicas ?? 1} are`;
}

/**
 * What watched at the start and shows nothing now, so that a bad release would pass unseen: it cannot be read, or it has counted no
 * request of either version in the whole step, of a service that had users.
 */
function silenceOf({ watched }: PromotionRecord, assessment: Assessment | undefined): string | undefined {
  if (!watched || watched.by.length === 0 || !assessment) return undefined;
  const counted = (source: ComparisonResult['source']) =>
    assessment.comparisons.some(
      (each) => each.source === source && each.canary.requests + each.reference.requests > 0,
    );
  if (assessment.checks.length > 0 || counted('pods')) return undefined;
  // a Job that has passed counts no requests
  const name = watched.by.find((each) => !isCheckWatcher(each));
  if (name === undefined) return undefined;
  if (assessment.blind !== undefined)
    return `${name} to answer again (${assessment.blind.replace(/\.$/, '')})`;
  return watched.idle || counted('router')
    ? undefined
    : `${name} to show a request of either version; it has shown none in this step`;
}

/** What was measured in a stage, as it ends; none if nothing was. */
export function measuredEvents(stage: Stage, assessment: Assessment | undefined): MeasuredEvent[] {
  if (!assessment || assessment.comparisons.length + assessment.checks.length === 0) return [];
  const { checks, score } = assessment;
  const comparisons = countedIn(stage, assessment);
  const conclusive =
    stage.kind === 'mirror' ? comparisons.every((each) => each.conclusive) : assessment.conclusive;
  return [
    {
      type: 'measured',
      stage: stage.name,
      ...(typeof stage.weight === 'number' ? { weight: stage.weight } : {}),
      comparisons,
      checks,
      ...(score === undefined ? {} : { score }),
      conclusive,
    },
  ];
}

/** The same of a stage in which the canary is found bad. */
export function failedEvents(stage: Stage, assessment: Assessment): MeasuredEvent[] {
  return measuredEvents(stage, assessment).map((event) => ({ ...event, failed: true }));
}
