import type { ObjectSource } from '../../../../cluster/object-source.ts';
import type { Write } from '../../../../cluster/write.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import type { Mirroring } from '../../../../traffic/without-users.ts';
import type { Situation } from '../../observe/situation.ts';
import { type Plan, splitOf } from '../../plan/plan.ts';
import { convergeAcceptance, convergeEntries } from '../acceptance.ts';
import { serviceWithoutPods } from '../canary-pods.ts';
import { type Decision, waitFor, writeAll } from '../decision.ts';

/** What copies requests; undefined if the plan or the router does not. */
function mirroringOf(plan: Plan, router: TrafficRouter): Mirroring | undefined {
  return plan.mirror && 'start' in router.mirror ? router.mirror : undefined;
}

/** The writes that are missing until requests are copied as the plan says. */
export function missingOfMirror(plan: Plan, router: TrafficRouter, routes: ObjectSource): Write[] {
  const mirroring = mirroringOf(plan, router);
  const split = splitOf(plan);
  return [...(mirroring?.prepare?.(split, routes) ?? []), ...(mirroring?.start(split, routes) ?? [])];
}

/** Ends the copies before any other stage moves users. A stage that lowers the weight ends them with the same writes. */
export function endMirror({ record, stage, snapshot, router }: Situation): Decision | undefined {
  if (stage.kind === 'mirror' || typeof stage.weight !== 'number') return undefined;
  const writes = mirroringOf(record.plan, router)?.stop(splitOf(record.plan), snapshot.routes) ?? [];
  return writeAll(writes, 'no request is copied any more');
}

/**
 * Copies requests to the canary once it is ready: what a route names must be known to every proxy before that route, which carries users.
 */
export function startMirror(situation: Situation): Decision | undefined {
  const { record, stage, snapshot } = situation;
  const mirroring = mirroringOf(record.plan, situation.router);
  if (stage.kind !== 'mirror' || !mirroring) return undefined;
  const split = splitOf(record.plan);
  const empty = serviceWithoutPods(situation);
  if (empty !== undefined) return waitFor(`a ready pod behind Service/${empty}`);
  const prepared = writeAll(mirroring.prepare?.(split, snapshot.routes) ?? [], 'for the copies of requests');
  if (prepared) return prepared;
  const writes = mirroring.start(split, snapshot.routes);
  if (writes.length === 0) return convergeAcceptance(situation);
  const { percent, methods } = split.mirror ?? { percent: 0, methods: 'get' };
  return (
    convergeEntries(situation, mirroring.knownWithinMs) ??
    writeAll(writes, `${percent} % of the ${methods === 'get' ? 'GET requests' : 'requests'} are copied`)
  );
}
