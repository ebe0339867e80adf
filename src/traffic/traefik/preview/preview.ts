import type { ObjectSource } from '../../../cluster/object-source.ts';
import { ingresses, nameOf } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { Refusal } from '../../../errors.ts';
import { isOurs, nameTaken, ownLabels } from '../../../workload/canary-copy.ts';
import { canaryName } from '../../../workload/names.ts';
import { namesOfKind } from '../../in-place/names.ts';
import { notedBy } from '../../in-place/note.ts';
import { previewName, previewRefusal, takenHosts } from '../../preview.ts';
import type { TrafficSplit } from '../../split.ts';
import type { Previewing, PreviewWay } from '../../without-users.ts';
import { isTraefiks } from '../ingress-class.ts';
import { type IngressRoute, ingressRoutes, type RouteRule } from '../kinds.ts';
import { ingressesOf, isStaying, ownRoutes } from '../objects.ts';
import { standIn } from '../stand-in.ts';
import { type RuleSource, sourcesOf, targetOfRule } from '../testers.ts';
import { excludesHosts, forHost, namesHost } from './match.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** An IngressRoute of its own leads the host to the canary. */
export const previewing: Previewing = {
  refusals: (split, objects) => [
    ...refusedHosts(split, objects),
    ...nameTaken(ingressRoutes.kind, previewNames(split), objects.all(ingressRoutes), split.workload),
    ...unfit(split, objects),
  ],
  describe,
  make(split, objects) {
    const present = new Set(previewsOf(split, objects).map(({ metadata }) => metadata?.name));
    return previewRoutes(split, objects)
      .filter(({ metadata }) => !present.has(metadata?.name))
      .map((object): Write => ({ verb: 'create', resource: ingressRoutes as never, object }));
  },
};

/** The names of IngressRoutes that the preview may have. */
export function previewNames({ routes, workload, preview }: TrafficSplit): string[] {
  if (preview === undefined) return [];
  const users = routes.flatMap(({ stable, beside = [] }) => [stable, ...beside]);
  const sources = [
    ...namesOfKind(ingressRoutes, users),
    ...namesOfKind(ingresses, users).map((name) => `${name}-ingress`),
  ];
  return [...new Set(sources)].map((name) => previewName(name, workload));
}

/** The IngressRoutes of the preview that exist, also those that are being deleted. */
export function previewsOf(split: TrafficSplit, objects: ObjectSource): IngressRoute[] {
  return ownRoutes(split.workload, previewNames(split), objects);
}

/** The writes that end the preview. */
export function previewDeletions(split: TrafficSplit, objects: ObjectSource): Write[] {
  return previewsOf(split, objects)
    .filter(isStaying)
    .map((object): Write => ({ verb: 'delete', resource: ingressRoutes as never, object }));
}

/**
 * The IngressRoutes of the preview: the users' rules for its host, those that lead to the split Services with the canary alone. Rules that send
 * elsewhere go along, because the app may need them.
 */
function previewRoutes(split: TrafficSplit, objects: ObjectSource): IngressRoute[] {
  const { preview, workload } = split;
  if (preview === undefined) return [];
  return sources(split, objects).map(({ name, route }) => {
    const { namespace, annotations } = route.metadata ?? {};
    const ofClass = annotations?.[CLASS_ANNOTATION];
    return {
      apiVersion: `${ingressRoutes.group}/${ingressRoutes.version}`,
      kind: ingressRoutes.kind,
      metadata: {
        name: previewName(name, workload),
        ...(namespace === undefined ? {} : { namespace }),
        labels: ownLabels(workload),
        ...(ofClass === undefined ? {} : { annotations: { [CLASS_ANNOTATION]: ofClass } }),
      },
      spec: {
        ...route.spec,
        routes: (route.spec?.routes ?? []).map((rule) => previewRule(rule, route, split, objects)),
      },
    };
  });
}

/** What the preview's rules are made of: an IngressRoute, or one in front of an Ingress with all paths of its hosts. */
function sources(split: TrafficSplit, objects: ObjectSource): RuleSource[] {
  const all = ingressesOf(split, objects);
  return sourcesOf(split, objects).map((source) => {
    const ingress = source.isFront
      ? all.find(({ metadata }) => `${metadata?.name}-ingress` === source.name)
      : undefined;
    return ingress ? { ...source, route: standIn(ingress, split, true) } : source;
  });
}

function previewRule(
  rule: RouteRule,
  route: IngressRoute,
  split: TrafficSplit,
  objects: ObjectSource,
): RouteRule {
  const target = targetOfRule(rule, route, split, objects);
  return {
    ...(target ? { ...rule, services: [target.canary] } : withoutOthers(rule, route, split.workload)),
    match: forHost(rule.match ?? '', split.preview ?? ''),
    // a rule of the users that names no host is for this one too, and must not win
    ...(rule.priority ? { priority: rule.priority + 1 } : {}),
  };
}

/** Without what the promotion of another workload has added for its time: it goes before this preview does. */
function withoutOthers(rule: RouteRule, route: IngressRoute, workload: string): RouteRule {
  const { services } = rule;
  if (!services || notedBy(route).every((each) => each === workload)) return rule;
  const canaries = new Set(services.map(({ name = '' }) => canaryName(name, 63)));
  return { ...rule, services: services.filter(({ name = '' }) => !canaries.has(name)) };
}

function refusedHosts(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const { preview = '', workload, routes } = split;
  const users = new Set(routes.flatMap(({ stable, beside = [] }) => [stable, ...beside]));
  const listed = objects
    .all(ingressRoutes)
    .filter((each) => !isOurs(each, workload))
    .filter(({ spec }) => (spec?.routes ?? []).some(({ match = '' }) => namesHost(match, preview)))
    .map((each) => nameOf(ingressRoutes, each));
  const plain = objects
    .all(ingresses)
    .filter((each) => isTraefiks(each, objects))
    .filter(({ spec }) => (spec?.rules ?? []).some(({ host }) => host === preview))
    .map((each) => nameOf(ingresses, each));
  const all = [...listed, ...plain];
  return takenHosts(
    preview,
    all.filter((name) => users.has(name)),
    all.filter((name) => !users.has(name)),
  );
}

/** Why no rule can be for another host. */
function unfit(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const all = sources(split, objects);
  const rules = all.flatMap(({ name, route }) =>
    (route.spec?.routes ?? []).map(({ match = '' }) => ({ name, match })),
  );
  const excluding = rules.filter(({ match }) => excludesHosts(match));
  return [
    ...(all.length === 0
      ? [
          previewRefusal(
            `No rule of this namespace leads to ${split.routes.map(({ stable }) => stable).join(', ')}, so that there is none to make a preview of.`,
            'Remove `preview`.',
          ),
        ]
      : []),
    ...excluding.map(({ name, match }) =>
      previewRefusal(
        `A rule of IngressRoute/${name} is for all hosts but some (${match}), and has no meaning for the preview's host.`,
        'Write the hosts that the rule is for, or remove `preview`.',
      ),
    ),
  ];
}

function describe(split: TrafficSplit, objects: ObjectSource): PreviewWay {
  const made = previewRoutes(split, objects);
  const specs = made.flatMap(({ spec }) => spec ?? []);
  const isTls = specs.some(
    ({ tls, entryPoints = [] }) => tls !== undefined || entryPoints.some((each) => /secure/i.test(each)),
  );
  return {
    url: `${isTls ? 'https' : 'http'}://${split.preview}`,
    objects: made.map((each) => nameOf(ingressRoutes, each)),
    notes: isTls ? ['by the certificate that Traefik has for this host, or else by its own'] : [],
    warnings: [],
  };
}
