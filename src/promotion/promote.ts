import { randomUUID } from 'node:crypto';
import { leases } from '../cluster/resource.ts';
import { messageOf, PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { checkAccess, TO_LOOK, TO_PROMOTE } from './access.ts';
import { entered } from './decide.ts';
import { readInventory } from './inventory.ts';
import { acquire, type Lock, leaseName, readLease } from './lease.ts';
import { makePlan, type Planned } from './make-plan.ts';
import { type Plan, sameWay } from './plan.ts';
import { type Deps, reconcile } from './reconcile.ts';
import type { PromotionRecord } from './record.ts';
import { stagesOf } from './stages.ts';
import type { Wish } from './wish.ts';

export interface Options {
  /** Who promotes, for people and for the lock: `build 77 (https://…)`. */
  by: string;
  dryRun: boolean;
}

/**
 * Promotes a release with the native engine. Looks and plans first; touches nothing before everything that can be known to stand
 * against it has been looked at.
 *
 * @throws PromoteError where it is refused; nothing was touched then
 */
export async function* promote(
  wish: Wish,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock } = deps;
  await checkAccess(cluster, options.dryRun ? TO_LOOK : TO_PROMOTE);
  let planned = await planOf(wish, deps);
  yield { type: 'plan', title: `Deployment/${wish.workload} in ${wish.namespace}`, lines: planned.lines };
  for (const message of planned.warnings) yield { type: 'warning', message };

  const found = await cluster.get(leases, leaseName(wish.workload));
  const open = found ? readLease(found).record : undefined;
  if (planned.nothingToDo && !open) return alreadyThere(wish);
  if (options.dryRun) {
    // with its libraries for YAML and diffs, which nothing else needs
    const { rehearse } = await import('./rehearse.ts');
    return yield* rehearse(planned.plan, wish, deps);
  }

  const lock = await acquire(cluster, wish.workload, options.by, clock);
  try {
    const left = lock.record();
    if (left && isToBeEnded(left, planned.plan)) {
      const end = yield* bringDown(lock, left, deps, endReason(left, wish));
      if (end.word !== 'aborted') {
        await lock.release({ record: lock.record() });
        return end;
      }
      planned = await planOf(wish, deps);
      if (planned.nothingToDo) {
        await lock.release({ outcome: past(alreadyThere(wish), wish.image, options.by, clock.now()) });
        return alreadyThere(wish);
      }
    }
    const goingOn = left && !isToBeEnded(left, planned.plan) ? left : undefined;
    const record = goingOn
      ? resumed(goingOn, clock.now(), options.by)
      : fresh(planned.plan, clock.now(), options.by);
    await lock.save(record);
    yield goingOn
      ? { type: 'resumed', workload: wish.workload, to: wish.image, at: stageName(record) }
      : {
          type: 'started',
          action: wish.action,
          workload: wish.workload,
          from: record.plan.from,
          to: record.plan.to,
          by: options.by,
        };
    const stage = stagesOf(record)[record.stage];
    if (stage)
      yield { type: 'stage', name: stage.name, message: `${record.stage + 1} of ${stagesOf(record).length}` };
    return yield* toTheEnd(lock, deps, options.by);
  } catch (error) {
    // an error must not hold the lock; the record stays, and the next run goes on from it
    const record = lock.record();
    await lock.release({ record }).catch(() => {});
    if (!record) throw error;
    return leftHalfWay(record, error);
  }
}

/** Runs the record in the lock to its end, and gives the lock back. */
export async function* toTheEnd(
  lock: Lock,
  deps: Deps,
  by: string,
  endReason?: string,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { outcome, record } = yield* reconcile(lock, deps, endReason);
  if (lock.lost.aborted) return outcome;
  const image = outcome.image ?? record?.plan.to ?? '';
  await lock.release({ record, outcome: past(outcome, image, by, deps.clock.now()) });
  return outcome;
}

async function* bringDown(
  lock: Lock,
  left: PromotionRecord,
  deps: Deps,
  reason: string,
): AsyncGenerator<PromotionEvent, Outcome> {
  yield {
    type: 'note',
    message: `A promotion of ${left.plan.to} was left at "${stageName(left)}": it is brought down first.`,
  };
  const { outcome } = yield* reconcile(lock, deps, reason);
  return outcome;
}

/** The plan; with everything that stands against it in one error. */
async function planOf(wish: Wish, deps: Deps): Promise<Extract<Planned, { plan: Plan }>> {
  const planned = makePlan(wish, await readInventory(deps.cluster, wish.workload));
  if ('plan' in planned) return planned;
  const [first, ...rest] = planned.refusals;
  if (!first) throw new PromoteError('internal', 'A plan was refused without a reason.');
  const hints = planned.refusals.flatMap(({ hint }) => hint ?? []).join('\n');
  throw new PromoteError(first.code, [first, ...rest].map(({ message }) => message).join('\n'), {
    ...(hints ? { hint: hints } : {}),
  });
}

/** A leftover is gone on with where it is the same release on the same way up; anything else ends first. */
function isToBeEnded(left: PromotionRecord, plan: Plan): boolean {
  return left.direction === 'down' || !sameWay(left.plan, plan);
}

function endReason(left: PromotionRecord, wish: Wish): string {
  return left.plan.to === wish.image
    ? `It was begun with other settings than those of now (release ${wish.image}).`
    : `Another release is to be promoted (${wish.image}).`;
}

function fresh(plan: Plan, now: number, by: string): PromotionRecord {
  return { version: 1, id: randomUUID(), plan, by, startedAt: now, direction: 'up', stage: 0, since: now };
}

/** The record taken up again: past the hold, if it waited at one; else where it was, with its waits begun anew. */
function resumed(left: PromotionRecord, now: number, by: string): PromotionRecord {
  const stage = left.held ? left.stage + 1 : left.stage;
  return { ...entered(left, stage, now), by };
}

function stageName(record: PromotionRecord): string {
  return stagesOf(record)[record.stage]?.name ?? 'the end';
}

function alreadyThere(wish: Wish): Outcome {
  return {
    word: 'promoted',
    reason: `Deployment/${wish.workload} runs ${wish.image} already: nothing was done.`,
    hints: [],
    image: wish.image,
    weight: 0,
  };
}

function leftHalfWay(record: PromotionRecord, error: unknown): Outcome {
  return {
    word: 'stuck',
    reason: `The promotion stopped at "${stageName(record)}": ${messageOf(error)}`,
    hints: ['Promote the same build again, and it goes on from there; or end it with `action: abort`.'],
    image: record.plan.to,
  };
}

function past(outcome: Outcome, image: string, by: string, now: number) {
  return { outcome: outcome.word, image, reason: outcome.reason, by, at: new Date(now).toISOString() };
}
