import type { ErrorCode, Refusal } from '../../errors.ts';
import { noteOf } from '../in-place/note.ts';
import { otherPromotion, otherPromotionRefusals } from '../in-place/other-promotion.ts';
import type { TrafficSplit } from '../split.ts';
import { hasCanary, isTo, lacking, listsOf, weightsOf, wideWeights } from './entries.ts';
import { ingressRoutes, type Listed, listingName, type ServiceRef, traefikServices } from './kinds.ts';

type Split = Pick<TrafficSplit, 'services' | 'workload' | 'namespace'>;

/** Why an object that lists one of the Services with a weight cannot be split. */
export function listingRefusals(listed: Listed, split: Split, all: readonly Listed[]): Refusal[] {
  const { object, resource } = listed;
  const name = listingName(listed);
  const lists = listsOf(object);
  const isSplit = lists.some((list) => hasCanary(list, object, split));
  const isIdle = !isSplit && lists.every((list) => lacking(list, object, split).length === 0);
  return [
    ...(isIdle
      ? [
          refusal(
            `${name} sends no users to ${serviceNames(split)}, because the weight is 0 everywhere.`,
            'Give the Service a weight, or name with `service` those that are to be split.',
          ),
        ]
      : []),
    ...(resource === traefikServices ? nested(listed, all) : []),
    ...lists.flatMap((list, index) => {
      const where = resource === ingressRoutes ? `Rule ${index + 1} of ${name}` : name;
      if (hasCanary(list, object, split) && noteOf(object, split.workload) === undefined) {
        return [
          refusal(
            `${where} sends to the canary's Service already, but drone-promote did not write that.`,
            "Remove that entry: the canary's Service is made by the promotion.",
            'foreign-canary',
          ),
        ];
      }
      const missing = lacking(list, object, split);
      const other =
        missing.length > 0
          ? otherPromotion(new Set(list.map(({ name: each = '' }) => each)), object, split.workload)
          : undefined;
      return [
        ...otherPromotionRefusals(where, other),
        ...(missing.length > 0 && !wideWeights(list, object, split)
          ? [
              refusal(
                `The weights of ${where} (${weightsOf(list).join(', ')}) leave no hundredth for the canary.`,
                'Make them smaller, so that their sum is at most 10,000.',
              ),
            ]
          : []),
      ];
    }),
  ];
}

/** A TraefikService that lists others, or that another one lists: its weight is not that of the users. */
function nested({ object }: Listed, all: readonly Listed[]): Refusal[] {
  const name = object.metadata?.name;
  const listed = (object.spec?.weighted?.services ?? []).find(({ kind }) => kind === 'TraefikService');
  const parent = all.find(
    (each) =>
      each.resource === traefikServices &&
      inner(each).some((ref) => ref.kind === 'TraefikService' && ref.name === name),
  );
  const hint = 'List the Services in one TraefikService, or in the rules of an IngressRoute.';
  return [
    ...(listed
      ? [
          refusal(
            `TraefikService/${name} lists TraefikService/${listed.name}: nested TraefikServices are not split.`,
            hint,
          ),
        ]
      : []),
    ...(parent
      ? [
          refusal(
            `TraefikService/${parent.object.metadata?.name} lists TraefikService/${name}: nested TraefikServices are not split.`,
            hint,
          ),
        ]
      : []),
  ];
}

/** References that lead to one of the Services in a way that has no weights of its own, or that hides the Service's name. */
export function unsplitRefusals(listed: Listed, { services, namespace }: Split): Refusal[] {
  const { object } = listed;
  const name = listingName(listed);
  const isOurs = (ref: ServiceRef) => services.some(({ stable }) => isTo(ref, object, stable));
  const { mirroring, highestRandomWeight, failover } = object.spec ?? {};
  const by = [
    ['mirroring', mirroring ? [mirroring, ...(mirroring.mirrors ?? [])] : []],
    ['highestRandomWeight', highestRandomWeight?.services ?? []],
    ['failover', [failover?.service, failover?.fallback].flatMap((each) => each ?? [])],
  ] as const;
  const prefixes = services.map(({ stable }) => `${namespace}-${stable}-`);
  const foreign = inner(listed).filter(
    ({ name: each = '' }) => each.includes('@') && prefixes.some((prefix) => each.startsWith(prefix)),
  );
  return [
    ...by
      .filter(([, refs]) => refs.some(isOurs))
      .map(([what]) =>
        refusal(
          `${name} sends to ${serviceNames({ services })} by \`${what}\`, which gives a canary no share.`,
          'Use `weighted`, or send to the Service itself.',
        ),
      ),
    ...foreign.map((ref) =>
      refusal(
        `${name} sends to "${ref.name}", a reference across providers or namespaces, which is not split.`,
        'Name the Service itself.',
      ),
    ),
  ];
}

/** All references of an object. */
function inner({ object: { spec = {} } }: Listed): ServiceRef[] {
  const { routes = [], weighted, mirroring, highestRandomWeight, failover } = spec;
  return [
    ...routes.flatMap(({ services = [] }) => services),
    ...(weighted?.services ?? []),
    ...(highestRandomWeight?.services ?? []),
    ...(mirroring ? [mirroring, ...(mirroring.mirrors ?? [])] : []),
    ...[failover?.service, failover?.fallback].flatMap((each) => each ?? []),
  ];
}

/** The stable Services, for a sentence. */
export function serviceNames({ services }: Pick<TrafficSplit, 'services'>): string {
  return services.map(({ stable }) => `Service/${stable}`).join(' or ');
}

export function refusal(message: string, hint: string, code: ErrorCode = 'traefik-route'): Refusal {
  return { code, message, hint };
}
