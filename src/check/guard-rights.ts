import { describeRights } from '../cluster/access.ts';
import { orForbidden } from '../cluster/api-error.ts';
import type { Cluster, Right } from '../cluster/client.ts';
import { TO_GUARD } from '../engines/argo/rights.ts';
import { rightsToGuard, rightsToRoll } from '../engines/native/plan/rights.ts';
import { likelyRouter } from '../engines/native/plan/routing.ts';
import { rightsToPreview } from '../engines/native/plan/split/preview.ts';
import type { RightsRequest } from '../rbac/grant.ts';
import { grantsFor } from '../rbac/grants.ts';
import { engineOf } from '../settings/engine.ts';
import { strategyOf } from '../settings/strategy/rolling.ts';
import { candidateRouters, onlyRouter, type Routers } from '../traffic/index.ts';
import { kindNamed } from '../workload/rolling/kinds.ts';
import { type CheckLine, fault, note, ok } from './line.ts';
import { distinct, keyOf, placesOf } from './rights.ts';

/** What is known of the rights of the guard's ServiceAccount. */
export interface GuardRights {
  namespace: string;
  account: string;
  /** Without one of these, the guard does not start, and the promotion is refused. */
  required: readonly Right[];
  /** The rights that it lacks, the optional ones too; undefined if the credentials may not ask. */
  missing: readonly Right[] | undefined;
}

/** Asks for every right that `rbac` would grant the guard. Only an administrator may ask for the rights of another account. */
export async function checkGuardRights(
  request: RightsRequest,
  cluster: Cluster,
  routers: Routers,
  command: string,
): Promise<CheckLine[]> {
  const { guard, guard_service_account: account, traffic, strategy, workload } = request.settings;
  const engine = engineOf(request.settings);
  if (!guard || engine === 'keel') return [];
  const isRolled = strategyOf(request.settings) === 'rolling';
  const candidates = engine === 'native' && !isRolled ? candidateRouters(traffic, routers, strategy) : [];
  const router = onlyRouter(candidates) ?? (await likelyRouter(cluster, candidates));
  const { before = [], after = [], preview } = request.settings;
  const hooks = before.length + after.length > 0;
  const ofNative = isRolled
    ? rightsToRoll(kindNamed(workload?.kind), 'guard', { hooks })
    : [...rightsToGuard(router, { hooks }), ...(preview ? rightsToPreview(router, 'guard') : [])];
  const required = engine === 'native' ? ofNative : TO_GUARD;
  const others = Object.keys(routers).filter((name) => name !== router?.name);
  const granted = grantsFor(request)
    .filter((each) => each.account === account && !others.some((name) => each.suffix.startsWith(`-${name}`)))
    .flatMap(({ rights }) => rights);
  const missing = await lackedBy(account, distinct([...required, ...granted]), cluster);
  return [guardRightsLine({ namespace: cluster.namespace, account, required, missing }, command)];
}

/** The rights that an account lacks; undefined if the credentials may not ask for one of them. */
async function lackedBy(
  account: string,
  rights: readonly Right[],
  cluster: Cluster,
): Promise<Right[] | undefined> {
  const allowed = await Promise.all(rights.map((each) => orForbidden(cluster.may(each, account))));
  if (allowed.includes(undefined)) return undefined;
  return rights.filter((_, index) => allowed[index] === false);
}

/** The line about the rights of the guard. Pure. @param command that grants them */
export function guardRightsLine(
  { namespace, account, required, missing }: GuardRights,
  command: string,
): CheckLine {
  const needed = distinct(required);
  if (missing === undefined) {
    return note(
      'guard',
      `Whether ServiceAccount ${account} has the ${needed.length} rights that it needs is not known: only an administrator may ask.`,
      `kubectl -n ${namespace} auth can-i --list --as=system:serviceaccount:${namespace}:${account}`,
    );
  }
  const keys = new Set(needed.map(keyOf));
  const lacking = missing.filter((each) => keys.has(keyOf(each)));
  if (lacking.length > 0) {
    const text = `ServiceAccount ${account} lacks ${lacking.length} of ${needed.length} rights: ${describeRights(lacking)}`;
    return fault('guard', 'guard', text, command);
  }
  const has = `ServiceAccount ${account} has all ${needed.length} rights that it needs`;
  return missing.length === 0
    ? ok('guard', has)
    : note(
        'guard',
        `${has}; it lacks optional ones: ${describeRights(missing)}${placesOf(missing)}.`,
        command,
      );
}
