import type { Assessment } from '../../../analysis/assessment.ts';
import { formatDuration } from '../../../duration.ts';
import type { MeasuredEvent } from '../../../events.ts';
import { measuredLines, scoreText, shareText } from '../../../sentences.ts';
import { imageOf } from '../../../workload/images.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import type { Plan } from '../plan/plan.ts';
import { type Stage, stagesOf } from '../plan/stages.ts';

/** What the counters say against the release, as long as stable is the old one. */
export function analysisFault({ record, stage, snapshot }: Situation): Fault | undefined {
  const { plan, confirmedAt } = record;
  const { opinion, stable } = snapshot;
  const isWritten = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!opinion || isWritten || typeof stage.weight !== 'number') return undefined;
  if (opinion.failure !== undefined) {
    return { answer: 'down', reason: opinion.failure, hints: [], facts: failedEvents(stage, opinion) };
  }
  const { verdict, canary, total } = opinion.trafficShare;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  if (!isGiven || confirmedAt !== undefined || verdict !== 'differs') return undefined;
  return {
    answer: 'down',
    reason: `The weight of ${stage.name} is not in force: ${shareText(canary, total)}.`,
    hints: [
      'Is there another canary Ingress on the same host and path, or a cookie or header that decides first?',
    ],
  };
}

/**
 * Kayenta's judge, asked at the end of a step, and not before: each look more would be one more false alarm. At the last step the release has to
 * pass; before it, marginal is enough.
 */
export function scoreFault({ record, stage, snapshot: { opinion }, now }: Situation): Fault | undefined {
  const began = record.confirmedAt ?? record.reachedAt;
  if (stage.kind !== 'weight' || !opinion?.score || began === undefined) return undefined;
  if (now < began + stage.forMs || opinion.pending !== undefined) return undefined;
  const isLast = stagesOf(record).findLastIndex(({ kind }) => kind === 'weight') === record.stage;
  const { verdict } = opinion.score;
  if (verdict === 'pass' || (verdict === 'marginal' && !isLast)) return undefined;
  return {
    answer: 'down',
    reason: `Kayenta's judge does not pass the canary: ${scoreText(opinion.score)}.`,
    hints: [],
    facts: failedEvents(stage, opinion),
  };
}

/** A step that may not pass without a value, or on too few requests, has none or too few, long after its end. */
export function missingDataFault({ record, stage, snapshot, now }: Situation): Fault | undefined {
  const { plan, reachedAt, confirmedAt } = record;
  const { opinion } = snapshot;
  const began = confirmedAt ?? reachedAt;
  const pending = stage.kind === 'weight' || stage.kind === 'test' ? pendingOf(plan, opinion) : undefined;
  if (pending === undefined || began === undefined) return undefined;
  if (now < began + stage.forMs + plan.timeoutMs) return undefined;
  const late = formatDuration(plan.timeoutMs);
  const facts = opinion ? failedEvents(stage, opinion) : [];
  return opinion?.pending === undefined
    ? {
        answer: 'down',
        reason: `There were too few requests to tell, ${late} past the end of the step: it waited for ${pending}.`,
        hints: ['Give the step more weight or more time; or a larger difference as `detectable`.'],
        facts,
      }
    : {
        answer: 'down',
        reason: `A check has had no value since the step began, ${late} past its end: ${pending}.`,
        hints: ['Whether silence passes is for you to say: `no_data: pass` in the check.'],
        facts,
      };
}

/** What the end of a weight's step has to wait for. */
export function pendingOf({ requireEvidence }: Plan, opinion: Assessment | undefined): string | undefined {
  if (opinion?.pending !== undefined) return opinion.pending;
  if (!requireEvidence || opinion?.conclusive) return undefined;
  const measured = opinion ? measuredLines(opinion).join('; ') : '';
  return `enough requests to tell (\`require_evidence\`): ${measured || 'nothing is counted'}`;
}

/** What was measured in a stage, as it ends; none if nothing was. */
export function measuredEvents(stage: Stage, opinion: Assessment | undefined): MeasuredEvent[] {
  if (!opinion || opinion.comparisons.length + opinion.checks.length === 0) return [];
  const { comparisons, checks, score, conclusive } = opinion;
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
function failedEvents(stage: Stage, opinion: Assessment): MeasuredEvent[] {
  return measuredEvents(stage, opinion).map((event) => ({ ...event, failed: true }));
}
