import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf, type Resource } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import {
  backendTlsPolicies,
  envoyTrafficPolicies,
  type Policy,
  ROUTE_KINDS,
  referenceGrants,
  sharedTrafficPolicies,
  type TargetRef,
} from './routes.ts';

/** Policies that name a Service; the canary's Service has another name, so that they do not act on it. */
const POLICIES: readonly Resource<Policy>[] = [sharedTrafficPolicies, envoyTrafficPolicies];

/** Policies without which the canary could not be reached. */
export function policyRefusals(
  pairs: readonly { stable: string; canary: string }[],
  objects: ObjectSource,
): Refusal[] {
  return objects.all(backendTlsPolicies).flatMap((policy) =>
    pairs
      .filter(({ stable, canary }) => targets(policy, stable) && !targets(policy, canary))
      .map(({ stable, canary }) => ({
        code: 'gateway-route',
        message: `${nameOf(backendTlsPolicies, policy)} names Service/${stable}, so that the gateway speaks TLS with it. It would not do so with Service/${canary}.`,
        hint: `Add Service/${canary} to its targetRefs.`,
      })),
  );
}

/** Policies that do not act on the canary. */
export function policyWarnings(
  pairs: readonly { stable: string; canary: string }[],
  objects: ObjectSource,
): string[] {
  return POLICIES.flatMap((kind) =>
    objects
      .all(kind)
      .flatMap((policy) =>
        pairs
          .filter(({ stable, canary }) => targets(policy, stable) && !targets(policy, canary))
          .map(
            ({ stable, canary }) =>
              `${nameOf(kind, policy)} names Service/${stable} and does not act on Service/${canary}: users of the canary are without it.`,
          ),
      ),
  );
}

/** Users who come by routes of other namespaces, which this program does not see. */
export function grantWarnings(services: readonly string[], objects: ObjectSource): string[] {
  const namespaces = objects.all(referenceGrants).flatMap(({ spec }) => {
    const isForUs = spec?.to?.some(
      ({ group = '', kind, name }) =>
        group === '' && kind === 'Service' && (name === undefined || services.includes(name)),
    );
    const isRoute = (kind?: string) => ROUTE_KINDS.some((each) => each.kind === kind);
    return isForUs
      ? (spec?.from ?? []).flatMap(({ kind, namespace }) => (isRoute(kind) ? [namespace ?? ''] : []))
      : [];
  });
  return [...new Set(namespaces)].map(
    (namespace) =>
      `A ReferenceGrant lets routes of namespace ${namespace} send to Services here. They are not looked at and not split: their users stay on stable, also while its pods are replaced.`,
  );
}

function targets({ spec }: Policy, service: string): boolean {
  const refs: TargetRef[] = [...(spec?.targetRefs ?? []), ...(spec?.targetRef ? [spec.targetRef] : [])];
  return refs.some(({ group = '', kind, name }) => group === '' && kind === 'Service' && name === service);
}
