import type { ErrorCode, Refusal } from '../../errors.ts';
import { noteOf } from '../in-place/note.ts';
import { otherPromotion, otherPromotionRefusals } from '../in-place/other-promotion.ts';
import type { SplitTarget, TrafficSplit } from '../split.ts';
import { stateOf } from './conditions.ts';
import { hasCanary, lacking, placesOf, wideWeights } from './entries.ts';
import { type Route, type Routed, type Rule, routeName, rulesOf, weightOf } from './routes.ts';
import { testersRoute } from './testers.ts';

/** Limits of the specification; the API server refuses more. */
const MOST_RULES = 16;
const MOST_BACKENDS = 16;
const MOST_MATCHES = 128;
const MOST_HEADERS = 16;

type Split = Pick<TrafficSplit, 'services' | 'workload' | 'steer'>;

/** Why a route cannot be split. */
export function routeRefusals(routed: Routed, split: Split): Refusal[] {
  const { route } = routed;
  const name = routeName(routed);
  const rules = rulesOf(route).flatMap((rule, index) => {
    const where = `Rule ${index + 1} of ${name}`;
    return [...ruleRefusals(rule, where, route, split)];
  });
  return [...unserved(routed, split), ...rules, ...testersRefusals(routed, split)];
}

/** A route of which no rule sends users to the Services, or that no gateway serves as it is. */
function unserved(routed: Routed, split: Split): Refusal[] {
  const { route } = routed;
  const name = routeName(routed);
  const isSplit = rulesOf(route).some((rule) => hasCanary(rule, route, split));
  if (!isSplit && rulesOf(route).every((rule) => lacking(rule, route, split).length === 0)) {
    return [
      refusal(
        `${name} sends no users to ${servicesOf(split)}, because the weight is 0 in every rule.`,
        'Give the Service a weight in the route, or name with `service` those that are to be split.',
      ),
    ];
  }
  const state = stateOf(routed);
  // a promotion that is gone on with waits for the answer to its own last write
  if (isSplit || state.state === 'accepted' || state.state === 'pending') return [];
  return [
    refusal(
      `${name} cannot be split, because ${state.message}.`,
      state.state === 'silent'
        ? 'Its users would not follow the weights. Remove that parent from the route, or install its controller.'
        : `Look: kubectl get ${routed.resource.plural} ${route.metadata?.name} -o jsonpath='{.status.parents}'`,
    ),
  ];
}

function ruleRefusals(rule: Rule, where: string, route: Route, split: Split): Refusal[] {
  const places = placesOf(rule, route, split);
  const missing = lacking(rule, route, split);
  const { backendRefs = [] } = rule;
  if (hasCanary(rule, route, split) && noteOf(route, split.workload) === undefined) {
    return [
      refusal(
        `${where} sends to the canary's Service already, but drone-promote did not write that.`,
        "Remove that backend from the route: the canary's Service is made by the promotion.",
        'foreign-canary',
      ),
    ];
  }
  if (places.length === 0) return [];
  const other = otherPromotion(new Set(backendRefs.map(({ name = '' }) => name)), route, split.workload);
  return [
    ...otherPromotionRefusals(where, other),
    ...(backendRefs.length + missing.length > MOST_BACKENDS
      ? [
          refusal(
            `${where} has ${backendRefs.length} backends, and with the canary it would have ${backendRefs.length + missing.length}. Gateway API allows ${MOST_BACKENDS}.`,
            'Divide the rule, or name fewer Services with `service`.',
          ),
        ]
      : []),
    ...(missing.length > 0 && !wideWeights(rule, route, split)
      ? [
          refusal(
            `${where} has weights of which the canary cannot get 1 %: ${backendRefs.map(weightOf).join(', ')}. Gateway API allows integers up to 1,000,000.`,
            'Write smaller weights with the same shares.',
          ),
        ]
      : []),
    ...(rule.sessionPersistence === undefined
      ? []
      : [
          refusal(
            `${where} has sessionPersistence, which keeps users on the canary even if its weight is 0.`,
            'Remove it from the rule for as long as the promotion runs.',
          ),
        ]),
  ];
}

function testersRefusals(routed: Routed, split: Split): Refusal[] {
  const testers = testersRoute(routed, split);
  const header = split.steer?.header;
  if (!testers || !header) return [];
  const rules = rulesOf(testers);
  const matches = rules.flatMap((rule) => rule.matches ?? []);
  const taken = matches.some(
    ({ headers = [] }) =>
      headers.filter(({ name }) => name.toLowerCase() === header.name.toLowerCase()).length > 1,
  );
  const what = `The route for testers of ${routeName(routed)} (\`header\`)`;
  const limits = [
    [rules.length, MOST_RULES, 'rules'],
    [matches.length, MOST_MATCHES, 'matches'],
    [Math.max(0, ...matches.map(({ headers = [] }) => headers.length)), MOST_HEADERS, 'headers in a match'],
  ] as const;
  return [
    ...limits
      .filter(([count, most]) => count > most)
      .map(([count, most, of]) =>
        refusal(
          `${what} would have ${count} ${of}. Gateway API allows ${most}.`,
          header.value === undefined
            ? `Write \`header: ${header.name}=VALUE\`, which needs half as many; or remove \`header\`.`
            : 'Remove `header`, or divide the route.',
        ),
      ),
    ...(taken
      ? [
          refusal(
            `${what} is not possible, because the route itself matches the header ${header.name}.`,
            'Set another header.',
          ),
        ]
      : []),
  ];
}

/** The Services of a target, for a sentence. */
export function servicesOf({ services }: Pick<TrafficSplit, 'services'> | SplitTarget): string {
  return services.map((each) => `Service/${typeof each === 'string' ? each : each.stable}`).join(' or ');
}

export function refusal(message: string, hint: string, code: ErrorCode = 'gateway-route'): Refusal {
  return { code, message, hint };
}
