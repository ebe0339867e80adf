import type { ObjectSource } from '../../../../cluster/object-source.ts';
import { nameOf } from '../../../../cluster/resource.ts';
import type { Write } from '../../../../cluster/write.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { imageOf } from '../../../../workload/images.ts';
import { POLL_INTERVAL_MS } from '../../../shared/timing.ts';
import type { Situation } from '../../observe/situation.ts';
import { type Plan, splitOf } from '../../plan/plan.ts';
import { convergeAcceptance } from '../acceptance.ts';
import { serviceWithoutPods } from '../canary-pods.ts';
import { type Decision, written } from '../decision.ts';

/** The objects of the preview that are missing; empty if the plan has no preview. */
export function missingOfPreview(plan: Plan, { preview }: TrafficRouter, routes: ObjectSource): Write[] {
  return plan.preview && 'make' in preview ? preview.make(splitOf(plan), routes) : [];
}

/**
 * Leads the preview's host to the canary once its pods are ready, and waits until the router has followed: a Job or a person who tries the
 * canary by the host must not meet a router that does not know it. If somebody removes the preview, it is made again.
 */
export function convergePreview(situation: Situation): Decision | undefined {
  const { record, snapshot, router, now } = situation;
  const { plan } = record;
  if (!plan.preview || !wantsPreview(situation)) return undefined;
  const writes = missingOfPreview(plan, router, snapshot.routes);
  if (writes.length > 0) {
    const text = `the new version can be tried at ${plan.preview.url}`;
    return { do: 'write', writes, events: writes.map((write) => written(write, text)) };
  }
  const unaccepted = convergeAcceptance(situation);
  if (unaccepted) return unaccepted;
  if (record.previewedAt === undefined)
    return { do: 'record', record: { ...record, previewedAt: now }, events: [] };
  const { followsPodsWithinMs } = router.timing(splitOf(plan), snapshot.routes);
  const left = record.previewedAt + followsPodsWithinMs - now;
  if (left <= 0) return undefined;
  const event = { type: 'waiting', for: `the router to know ${plan.preview.host}` } as const;
  return { do: 'wait', ms: Math.min(left, POLL_INTERVAL_MS), event };
}

/** Whether the canary has pods, and is not about to go. */
function wantsPreview(situation: Situation): boolean {
  const { record, stage, snapshot } = situation;
  const isGiven = typeof stage.weight === 'number' && typeof stage.replicaPercent === 'number';
  const isUpdated = snapshot.stable !== undefined && imageOf(snapshot.stable, record.plan) === record.plan.to;
  return record.direction === 'up' && isGiven && !isUpdated && serviceWithoutPods(situation) === undefined;
}

/** Tells the writes that end the preview from those that move users. */
export function partOfPreview({ record, snapshot, router }: Situation): (write: Write) => boolean {
  const { preview, ...users } = splitOf(record.plan);
  if (preview === undefined) return () => false;
  const moving = router.lowerWeight(users, snapshot.routes, 0).map(keyOf);
  return (write) => write.verb === 'delete' && !moving.includes(keyOf(write));
}

function keyOf({ resource, object }: Write): string {
  return nameOf(resource, object);
}
