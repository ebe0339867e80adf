import { isDeepStrictEqual } from 'node:util';
import type { DaemonSet, StatefulSet } from 'kubernetes-types/apps/v1';

/** A workload that says by `updateStrategy` how its pods are replaced. */
type Updated = StatefulSet | DaemonSet;

/** How its pods are replaced, as a StatefulSet and a DaemonSet have it. */
type UpdateStrategy = NonNullable<NonNullable<Updated['spec']>['updateStrategy']>;

/**
 * The annotation with the workload's own update strategy and the one that was set, as JSON. Whoever ends the promotion
 * reads it there.
 */
const HELD = 'drone-promote/held-update-strategy';

interface Note {
  own: UpdateStrategy;
  set: UpdateStrategy;
}

/** The workload with another update strategy, and a note of its own one. */
export function withUpdateStrategy<T extends Updated>(workload: T, set: UpdateStrategy): T {
  const own = noteOf(workload)?.own ?? workload.spec?.updateStrategy ?? {};
  return changed(workload, set, JSON.stringify({ own, set }));
}

/**
 * The workload with its own update strategy again, unless somebody else has changed it since. Undefined if none was
 * noted on it.
 */
export function withOwnUpdateStrategy<T extends Updated>(workload: T): T | undefined {
  const note = noteOf(workload);
  if (!note) return undefined;
  const current = workload.spec?.updateStrategy ?? {};
  return changed(workload, isDeepStrictEqual(current, note.set) ? note.own : current, undefined);
}

/** Whether this program has set the update strategy of a workload. */
export function isUpdateHeld(workload: Updated): boolean {
  return workload.metadata?.annotations?.[HELD] !== undefined;
}

/** The update strategy that was set, if somebody else has changed it since. */
export function meddledStrategy(
  workload: Updated,
): { set: UpdateStrategy; current: UpdateStrategy } | undefined {
  const note = noteOf(workload);
  const current = workload.spec?.updateStrategy ?? {};
  return note && !isDeepStrictEqual(current, note.set) ? { set: note.set, current } : undefined;
}

/** The note on a workload. What somebody has edited counts as the strategy that is there. */
function noteOf({ metadata, spec }: Updated): Note | undefined {
  const text = metadata?.annotations?.[HELD];
  if (text === undefined) return undefined;
  try {
    const { own, set } = JSON.parse(text) as Note;
    return { own: { ...own }, set: { ...set } };
  } catch {
    const current = spec?.updateStrategy ?? {};
    return { own: current, set: current };
  }
}

function changed<T extends Updated>(
  workload: T,
  updateStrategy: UpdateStrategy,
  note: string | undefined,
): T {
  const { annotations: before, ...metadata } = workload.metadata ?? {};
  const { [HELD]: _, ...others } = before ?? {};
  const annotations = note === undefined ? others : { ...others, [HELD]: note };
  return {
    ...workload,
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...workload.spec, updateStrategy },
  } as T;
}
