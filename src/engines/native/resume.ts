import { randomUUID } from 'node:crypto';
import { formatDuration } from '../../duration.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Plan } from './plan/plan.ts';
import { entered, type PromotionRecord } from './plan/record.ts';
import type { PolicyPair } from './plan/split/policy-pair.ts';
import { stageName } from './plan/stages.ts';

/** The record of a new promotion. */
export function fresh(plan: Plan, now: number, by: string): PromotionRecord {
  return { version: 1, id: randomUUID(), plan, by, startedAt: now, direction: 'up', stage: 0, since: now };
}

/**
 * The record of a promotion that resumes: after the hold, if it was held at one; otherwise at the same stage,
 * whose timer starts again. The durations are those of the current settings.
 */
export function resumed(
  left: PromotionRecord,
  { settleMs, drainMs, timeoutMs, policies = [] }: Plan,
  now: number,
  by: string,
): PromotionRecord {
  const stage = left.held ? left.stage + 1 : left.stage;
  const before = left.plan.policies ?? [];
  const isNew = ({ kind, stable }: PolicyPair) =>
    !before.some((each) => each.kind === kind && each.stable === stable);
  // the copy of a policy that is gone has to be removed all the same
  const known = [...before, ...policies.filter(isNew)];
  const plan = {
    ...left.plan,
    settleMs,
    drainMs,
    timeoutMs,
    ...(known.length > 0 ? { policies: known } : {}),
  };
  // the step that was held has ended, so that this one is a person's decision
  const passed = left.held ? [...(left.gates ?? []), { at: now, stage: stageName(left), by }] : left.gates;
  return { ...entered(left, stage, now), plan, by, ...(passed === undefined ? {} : { gates: passed }) };
}

/** Reports the durations that differ from those that the promotion started with. */
export function* newTimings(before: Plan, now: Plan): Generator<PromotionEvent> {
  const names = { settleMs: 'settle', drainMs: 'drain', timeoutMs: 'timeout' } as const;
  const changes = (['settleMs', 'drainMs', 'timeoutMs'] as const)
    .filter((key) => before[key] !== now[key])
    .map((key) => `\`${names[key]}\` ${formatDuration(before[key])} → ${formatDuration(now[key])}`);
  if (changes.length > 0)
    yield {
      type: 'note',
      message: `The promotion resumes with the durations of the current settings: ${changes.join(', ')}.`,
    };
}
