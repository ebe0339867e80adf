import type { ApiError } from '../../cluster/api-error.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { fixedSource, type ObjectSource } from '../../cluster/object-source.ts';
import { deployments, disruptionBudgets, jobs, networkPolicies, services } from '../../cluster/resource.ts';
import { objectOf, type Write } from '../../cluster/write.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { missingBaseline } from './converge/baseline.ts';
import { missingObjects, missingPolicies } from './converge/converge.ts';
import { hookJobOf } from './converge/hooks.ts';
import { missingOfMirror } from './converge/without-users/mirror.ts';
import { missingOfPreview } from './converge/without-users/preview.ts';
import { isDenial, isRefusal } from './converge/write-errors.ts';
import { guardJobOf } from './guard.ts';
import type { Deps } from './loop-state.ts';
import { takeSnapshot } from './observe/snapshot.ts';
import { tasksOf } from './plan/hooks/tasks.ts';
import type { Inventory } from './plan/inventory.ts';
import { type Plan, splitOf } from './plan/plan.ts';

/** The objects that a promotion would make and that are not there yet, with one pod each. Pure. */
function creations(
  plan: Plan,
  { deployments: own, services: stable, networkPolicies: network, budgets, routes }: Inventory,
  router: TrafficRouter,
  guard: GuardSettings | undefined,
): Write[] {
  const listed = fixedSource([
    [deployments, own],
    [services, stable],
    [networkPolicies, network],
    [disruptionBudgets, budgets],
  ]);
  const source: ObjectSource = { all: (kind) => [...listed.all(kind), ...routes.all(kind)] };
  const snapshot = takeSnapshot(source, plan, router, undefined);
  const split = splitOf(plan);
  const job = guard && snapshot.stable && guardJobOf(plan, snapshot.stable, guard, 'dry-run');
  const { stable: web } = snapshot;
  const hookJobs = web
    ? tasksOf(plan).map((task) => hookJobOf({ plan, id: 'dry-run' }, { task, check: task.check }, web))
    : [];
  return [
    ...(job ? [{ verb: 'create', resource: jobs, object: job } as const] : []),
    ...hookJobs.map((object) => ({ verb: 'create', resource: jobs, object }) as const),
    ...missingPolicies(snapshot),
    ...missingObjects(plan, snapshot, 1),
    ...missingBaseline(plan, snapshot, 1),
    ...(router.missing(split, routes).length > 0 ? router.setWeight(split, routes, 0) : []),
    ...missingOfMirror(plan, router, routes),
    ...missingOfPreview(plan, router, routes),
  ];
}

/**
 * Asks the API server whether it takes what the promotion would make, and stores nothing (`dryRun=All`): a policy, a quota of
 * objects or a validation then refuses before anything is touched.
 *
 * @throws PromoteError `admission` with the words of all refusals
 */
export async function* askAdmission(
  plan: Plan,
  inventory: Inventory,
  { cluster, routers }: Deps,
  guard: GuardSettings | undefined,
): AsyncGenerator<PromotionEvent> {
  const writes = creations(plan, inventory, routerOf(plan.router, routers), guard);
  const answers = await Promise.all(
    writes.map(async (write) => ({ object: objectOf(write), error: await tried(cluster, write) })),
  );
  const against = answers.flatMap(({ object, error }) => (error ? [{ object, error }] : []));
  const refused = against.filter(({ error }) => !isUnanswered(error));
  if (refused.length > 0) {
    const lines = refused.map(
      ({ object, error }) => `The cluster does not accept ${object}: ${wordsOf(error)}`,
    );
    throw new PromoteError('admission', lines.join('\n'), {
      hint: 'Nothing was touched. Change the policy or the quota that is named, or the object that this one is a copy of.',
    });
  }
  for (const { object, error } of against) {
    yield { type: 'debug', message: `Whether the cluster accepts ${object} is not known: ${error.message}` };
  }
}

/** The answer that stands against a write; another answer than a refusal ends the step, as it would at the write. */
async function tried(cluster: Cluster, write: Write): Promise<ApiError | undefined> {
  try {
    await cluster.write(write, { dryRun: true });
    return undefined;
  } catch (error) {
    // what is there already is not made; what has changed since is read again before it is written
    if (isConflict(error)) return undefined;
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** A dry run may lack the right to create, and a webhook may have side effects: neither says what a write would meet. */
function isUnanswered(error: ApiError): boolean {
  const { message } = error;
  return isDenial(error) || /does not support dry run/.test(message);
}

/** The server's words, without the request. */
function wordsOf({ message }: ApiError): string {
  return message.replace(/^(POST|PUT) \S+: /, '');
}
