import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { ErrorCode, Refusal } from '../../errors.ts';
import { noteOf } from '../in-place/note.ts';
import { otherPromotion, otherPromotionRefusals } from '../in-place/other-promotion.ts';
import { hasCanary, lacking, placesOf, wideWeights, written } from '../in-place/places.ts';
import type { TrafficSplit } from '../split.ts';
import { isAdded } from './added-rules.ts';
import { rulesFor } from './destination-rules.ts';
import { sceneOf } from './entries.ts';
import {
  type Destination,
  type HttpRule,
  httpOf,
  isTo,
  streamsOf,
  type VirtualService,
  virtualServices,
} from './kinds.ts';
import { waysOf } from './testers.ts';

type Split = Pick<TrafficSplit, 'services' | 'workload' | 'steer'>;

/** Why a VirtualService that sends to the Services cannot be split. */
export function serviceRefusals(service: VirtualService, split: Split, objects: ObjectSource): Refusal[] {
  const name = nameOf(virtualServices, service);
  const users = httpOf(service).filter((rule) => !isAdded(rule));
  return [
    ...streamRefusals(service, split, name),
    ...unserved(service, split, name),
    ...users.flatMap((rule, index) => ruleRefusals(rule, whereOf(rule, index, name), service, split)),
    ...subsetRefusals(service, split, name, objects),
    ...testersRefusals(users, service, split, name),
  ];
}

/** The VirtualServices of other namespaces that have rules of this one; undefined if there are none. */
export function delegatesElsewhere(service: VirtualService): string | undefined {
  const own = service.metadata?.namespace;
  const far = httpOf(service).flatMap(({ delegate }) =>
    delegate?.namespace !== undefined && delegate.namespace !== own
      ? [`VirtualService/${delegate.name} of namespace ${delegate.namespace}`]
      : [],
  );
  return far.length === 0 ? undefined : [...new Set(far)].join(', ');
}

export function refusal(message: string, hint: string, code: ErrorCode = 'istio-route'): Refusal {
  return { code, message, hint };
}

/** The Services, for a sentence. */
export function servicesOf({ services }: Pick<Split, 'services'>): string {
  return services.map(({ stable }) => `Service/${stable}`).join(' or ');
}

function whereOf({ name: of }: HttpRule, index: number, name: string): string {
  return of === undefined ? `Rule ${index + 1} of ${name}` : `Rule "${of}" of ${name}`;
}

function isToAny(destination: Destination, service: VirtualService, { services }: Split): boolean {
  return services.some(({ stable }) => isTo(destination, service, stable));
}

function streamRefusals(service: VirtualService, split: Split, name: string): Refusal[] {
  if (!streamsOf(service).some((each) => isToAny(each, service, split))) return [];
  return [
    refusal(
      `${name} sends connections to ${servicesOf(split)} by a \`tls\` or \`tcp\` rule. Weights of connections are no shares of the users, so that only \`http\` rules are split.`,
      'Split it by an `http` rule, or name other Services with `service`.',
    ),
  ];
}

function unserved(service: VirtualService, split: Split, name: string): Refusal[] {
  const scene = sceneOf(service, split);
  const rules = scene.dialect.rules(service);
  const isSent = rules.some((rule) => hasCanary(scene, rule) || lacking(scene, rule).length > 0);
  if (isSent || !rules.some((rule) => placesOf(scene, rule).length > 0)) return [];
  return [
    refusal(
      `${name} sends no users to ${servicesOf(split)}, because the weight is 0 in every rule.`,
      'Give the Service a weight in the rule, or name with `service` those that are to be split.',
    ),
  ];
}

function ruleRefusals(rule: HttpRule, where: string, service: VirtualService, split: Split): Refusal[] {
  const scene = sceneOf(service, split);
  const route = rule.route ?? [];
  if (hasCanary(scene, route) && noteOf(service, split.workload) === undefined) {
    return [
      refusal(
        `${where} sends to the canary's Service already, but drone-promote did not write that.`,
        "Remove that destination from the rule: the canary's Service is made by the promotion.",
        'foreign-canary',
      ),
    ];
  }
  if (placesOf(scene, route).length === 0) return [];
  const names = route.map(({ destination }) => (destination?.host ?? '').replace(/\..*$/, ''));
  const other = otherPromotion(new Set(names), service, split.workload);
  return [
    ...otherPromotionRefusals(where, other),
    ...(lacking(scene, route).length > 0 && !wideWeights(scene, route)
      ? [
          refusal(
            `${where} has weights of which the canary cannot get 1 %: ${written(scene.dialect, route).join(', ')}.`,
            'Write smaller weights with the same shares.',
          ),
        ]
      : []),
  ];
}

/**
 * Subsets that a copy cannot stand for: a subset that no DestinationRule here defines, and several of them, of which
 * nothing says which one is the workload's.
 */
function subsetRefusals(
  service: VirtualService,
  split: Split,
  name: string,
  objects: ObjectSource,
): Refusal[] {
  const all = sceneOf(service, split).dialect.rules(service).flat();
  return split.services.flatMap(({ stable }) => {
    const subsets = all
      .filter((each) => isTo(each, service, stable))
      .map(({ destination }) => destination?.subset);
    const names = [...new Set(subsets)].flatMap((each) => each ?? []);
    const known = rulesFor(stable, objects).flatMap(({ spec }) => spec?.subsets ?? []);
    const unknown = names.filter((each) => !known.some((subset) => subset.name === each));
    if (new Set(subsets).size > 1) {
      return [
        refusal(
          `${name} sends to several parts of Service/${stable}: ${[...new Set(subsets)].map((each) => (each === undefined ? 'all of it' : `subset ${each}`)).join(', ')}. Which of them is Deployment/${split.workload} is not known.`,
          'Send to one subset, or give each version a Service of its own.',
        ),
      ];
    }
    return unknown.map((each) =>
      refusal(
        `${name} sends to subset ${each} of Service/${stable}, but no DestinationRule of the namespace defines it, so that there is nothing to copy for the canary.`,
        'Put the DestinationRule into the namespace of the Service, or send to the Service without a subset.',
      ),
    );
  });
}

function testersRefusals(
  users: readonly HttpRule[],
  service: VirtualService,
  split: Split,
  name: string,
): Refusal[] {
  const ways = waysOf(split.steer);
  const served = users.filter((rule) => (rule.route ?? []).some((each) => isToAny(each, service, split)));
  const matched = served
    .flatMap(({ match = [] }) => match)
    .flatMap(({ headers = {} }) => Object.keys(headers));
  const taken = [...new Set(ways.map(({ header }) => header))].filter((each) => matched.includes(each));
  const pattern = split.steer?.header?.pattern;
  return [
    ...taken.map((each) =>
      refusal(
        `The rule for testers of ${name} is not possible, because the VirtualService itself matches the header ${each}.`,
        each === 'cookie' ? 'Set `header` instead of `cookie`.' : 'Set another header.',
      ),
    ),
    ...(pattern !== undefined && BEYOND_RE2.test(pattern)
      ? [
          refusal(
            `\`header_pattern\` has a form that Istio's regular expressions (RE2) do not have: ${pattern}`,
            'Write it without lookaround and without references to groups.',
          ),
        ]
      : []),
  ];
}

/** Lookaround, references to groups, atomic groups. */
const BEYOND_RE2 = /\(\?(?:[=!>]|<[=!])|\\[1-9]|\\k</;
