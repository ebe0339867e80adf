import type { ObjectSource } from '../../cluster/object-source.ts';
import { type KubeObject, objectName } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs, nameTaken, ownLabels } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { Split } from '../in-place/places.ts';
import { type DestinationRule, destinationRules, hostFor, isHostOf } from './kinds.ts';

/** The users' DestinationRules that name a Service of the namespace. */
export function rulesFor(service: string, objects: ObjectSource): DestinationRule[] {
  return objects
    .all(destinationRules)
    .filter((each) => !isOurs(each))
    .filter(({ metadata, spec }) => isHostOf(spec?.host, service, metadata?.namespace ?? ''));
}

/**
 * The DestinationRules that the canary's Services need: copies of those that name the stable ones, because a rule
 * acts on one host alone. Without them the canary would be reached without its TLS, pool or outlier detection, and
 * its subsets would not exist. The canary's Service has the canary's pods alone, so that a subset of it is all of
 * them.
 */
function copiesOf({ services, workload }: Split, objects: ObjectSource): DestinationRule[] {
  return services.flatMap(({ stable, canary }) =>
    rulesFor(stable, objects).map((rule): DestinationRule => {
      const { metadata, spec = {} } = rule;
      return {
        apiVersion: `${destinationRules.group}/${destinationRules.version}`,
        kind: destinationRules.kind,
        metadata: {
          name: canaryName(objectName(rule), 253),
          ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
          labels: ownLabels(workload),
        },
        spec: {
          ...spec,
          host: hostFor(spec.host ?? '', canary),
          ...(spec.subsets ? { subsets: spec.subsets.map(({ labels: _, ...rest }) => rest) } : {}),
        },
      };
    }),
  );
}

/** The copies that exist. */
export function madeFor({ workload }: Pick<Split, 'workload'>, objects: ObjectSource): DestinationRule[] {
  return objects.all(destinationRules).filter((each) => isOurs(each, workload));
}

/** The copies that are wanted and do not exist. */
export function missingCopies(split: Split, objects: ObjectSource): DestinationRule[] {
  const made = new Set(madeFor(split, objects).filter(isStaying).map(objectName));
  return copiesOf(split, objects).filter((each) => !made.has(objectName(each)));
}

/** Somebody's DestinationRules that have the name of a copy. */
export function takenNames(split: Split, objects: ObjectSource): Refusal[] {
  const names = copiesOf(split, objects).map(objectName);
  return nameTaken('DestinationRule', names, objects.all(destinationRules), split.workload);
}

export function isStaying({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp === undefined;
}
