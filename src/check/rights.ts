import { describeRights, missingOf } from '../cluster/access.ts';
import type { Cluster, Right } from '../cluster/client.ts';
import { allRightsOf } from '../engines/argo/rights.ts';
import { rollouts } from '../engines/argo/rollout/types.ts';
import { TO_FOLLOW } from '../engines/keel/rights.ts';
import { rightsToLook, rightsToPromote, rightsToRoll } from '../engines/native/plan/rights.ts';
import { likelyRouter } from '../engines/native/plan/routing.ts';
import type { Grant, RightsRequest } from '../rbac/grant.ts';
import { accountOf, grantsFor } from '../rbac/grants.ts';
import { checksByKind } from '../settings/checks/job.ts';
import { engineOf } from '../settings/engine.ts';
import type { Settings } from '../settings/settings.ts';
import { strategyOf } from '../settings/strategy/rolling.ts';
import { candidateRouters, onlyRouter, type Routers } from '../traffic/index.ts';
import { kindNamed } from '../workload/rolling/kinds.ts';
import { type CheckLine, fault, note, ok } from './line.ts';

/** Asks the cluster for every right that `rbac` would grant the step. */
export async function checkRights(
  request: RightsRequest,
  cluster: Cluster,
  routers: Routers,
  command: string,
): Promise<CheckLine[]> {
  const grants = grantsFor(request).filter(({ account }) => account === accountOf(request));
  const required = await requiredRights(request.settings, cluster, routers);
  const all = distinct([...required, ...grants.flatMap(({ rights }) => rights)]);
  const missing = await missingOf(cluster, all);
  return rightsLines(grants, required, missing, command);
}

/** The rights without which a promotion is refused, by the engine's own lists. */
async function requiredRights(
  settings: Settings,
  cluster: Cluster,
  routers: Routers,
): Promise<readonly Right[]> {
  switch (engineOf(settings)) {
    case 'native': {
      const { guard, before = [], after = [] } = settings;
      const hooks = before.length + after.length > 0;
      if (strategyOf(settings) === 'rolling')
        return rightsToRoll(kindNamed(settings.workload?.kind), 'promote', { guard, hooks });
      const candidates = candidateRouters(settings.traffic, routers, settings.strategy);
      const router = onlyRouter(candidates) ?? (await likelyRouter(cluster, candidates));
      const { jobs } = checksByKind(settings.checks ?? []);
      const wanted = { guard, jobs: jobs.length > 0, hooks, preview: settings.preview !== undefined };
      return [...rightsToPromote(router, wanted), ...rightsToLook(router ? [router] : [])];
    }
    case 'argo': {
      if (settings.bootstrap !== 'false')
        return allRightsOf({ action: 'bootstrap', checks: (settings.checks ?? []).length > 0 });
      const found = await cluster.get(rollouts, settings.workload?.name ?? '').catch(() => undefined);
      const template = found && (found.spec?.workloadRef ? 'workloadRef' : 'own');
      return allRightsOf({ action: 'promote', guard: settings.guard, template });
    }
    case 'keel':
      return TO_FOLLOW;
  }
}

/**
 * One line for all rights that a promotion needs, and one for each optional purpose that lacks some. Pure.
 *
 * @param command that prints all rights, for `kubectl apply`
 */
export function rightsLines(
  grants: readonly Grant[],
  required: readonly Right[],
  missing: readonly Right[],
  command: string,
): CheckLine[] {
  const isMissing = new Set(missing.map(keyOf));
  const isRequired = new Set(required.map(keyOf));
  const lacking = distinct(required).filter((each) => isMissing.has(keyOf(each)));
  const optional = grants.flatMap(({ rights, purpose }) => {
    const some = distinct(rights).filter(
      (each) => isMissing.has(keyOf(each)) && !isRequired.has(keyOf(each)),
    );
    return some.length === 0
      ? []
      : [note('rights', `not ${describeRights(some)}${placesOf(some)}. ${purpose}`, command)];
  });
  const count = distinct(required).length;
  return [
    lacking.length === 0
      ? ok('rights', `all ${count} that a promotion needs`)
      : fault(
          'rights',
          'rights',
          `${lacking.length} of ${count} are missing: ${describeRights(lacking)}`,
          command,
        ),
    ...optional,
  ];
}

/** The other namespaces that the rights are for. */
export function placesOf(rights: readonly Right[]): string {
  const places = [...new Set(rights.flatMap(({ namespace }) => namespace ?? []))];
  return places.length === 0 ? '' : ` in namespace ${places.join(', ')}`;
}

/** Each right once. */
export function distinct(rights: readonly Right[]): Right[] {
  return [...new Map(rights.map((each) => [keyOf(each), each])).values()];
}

/** The same for the same right. */
export function keyOf({ verb, resource, subresource, namespace, name }: Right): string {
  return JSON.stringify([
    verb,
    resource.group,
    resource.plural,
    resource.namespaced,
    subresource,
    namespace,
    name,
  ]);
}
