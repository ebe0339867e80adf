import type { ObjectSource } from '../../../cluster/object-source.ts';
import type { Refusal } from '../../../errors.ts';
import { nameTaken } from '../../../workload/canary-copy.ts';
import type { TrafficSplit } from '../../split.ts';
import { ingressRoutes, type RouteRule, traefikServices } from '../kinds.ts';
import { usersListings } from '../objects.ts';
import { refusal, serviceNames } from '../refusals.ts';
import { type RuleSource, sourcesOf } from '../testers.ts';
import { priorityOf, targetOf, wantedOf } from './wanted.ts';

/** Why requests of the routes cannot be copied. */
export function mirrorRefusals(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const sources = sourcesOf(split, objects);
  const rules = sources.flatMap((source) =>
    (source.route.spec?.routes ?? []).flatMap((rule, at) => {
      const target = targetOf(rule, source, split, objects);
      return target ? [{ source, rule, target, where: `Rule ${at + 1} of ${source.name}` }] : [];
    }),
  );
  const why = (where: string, reason: string, hint: string) =>
    refusal(`\`mirror_requests\` cannot copy requests: ${where} ${reason}`, hint, 'mirror-requests');
  const wanted = wantedOf(split, objects);
  return [
    ...(rules.length === 0
      ? [why(`no rule of this namespace`, `leads to ${serviceNames(split)}.`, 'Remove `mirror_requests`.')]
      : []),
    ...rules.flatMap(({ target, where }) =>
      'why' in target ? [why(where, target.why, 'Remove `mirror_requests`.')] : [],
    ),
    ...rules.flatMap(({ rule, source, where }) => {
      const rival = rivalOf(rule, source, objects);
      return rival === undefined
        ? []
        : [
            why(
              where,
              `would be copied by a rule of priority ${priorityOf(rule, source)}, which ${rival} has already, so that it is not known which of them wins.`,
              'Give one of the two rules another `priority`.',
            ),
          ];
    }),
    ...rules
      .filter(({ rule, source }) => split.steer !== undefined && rule.priority && !source.isFront)
      .map(({ where }) =>
        why(
          where,
          'has a `priority`, so that testers and copies would have the same one.',
          'Remove `priority`, or `header` and `cookie`.',
        ),
      ),
    ...nameTaken(
      'IngressRoute',
      wanted.map(({ route }) => nameIn(route)),
      objects.all(ingressRoutes),
      split.workload,
    ),
    ...nameTaken(
      'TraefikService',
      wanted.flatMap(({ services }) => services.map(nameIn)),
      objects.all(traefikServices),
      split.workload,
    ),
  ];
}

/** Another users' rule with the priority that ours would have. */
function rivalOf(rule: RouteRule, source: RuleSource, objects: ObjectSource): string | undefined {
  const priority = priorityOf(rule, source);
  return usersListings(objects)
    .filter(({ object }) =>
      (object.spec?.routes ?? []).some(
        (each) => each.match !== rule.match && (each.priority || (each.match ?? '').length) === priority,
      ),
    )
    .map(({ object }) => `IngressRoute/${object.metadata?.name}`)[0];
}

function nameIn({ metadata }: { metadata?: { name?: string } }): string {
  return metadata?.name ?? '';
}
