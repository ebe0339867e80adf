import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf, objectName } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs, nameTaken, ownLabels } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import { notedBy } from '../in-place/note.ts';
import { effective, placesOf } from '../in-place/places.ts';
import { previewName, previewNames, previewRefusal, takenHosts } from '../preview.ts';
import type { TrafficSplit } from '../split.ts';
import type { PreviewWay } from '../without-users.ts';
import { isAdded } from './added-rules.ts';
import { sceneOf } from './entries.ts';
import {
  type Destination,
  type HttpRule,
  hostFor,
  httpOf,
  type VirtualService,
  virtualServices,
} from './kinds.ts';

/**
 * The preview's VirtualService of a users' one: the same gateways and rules for the preview's host, with the canary in the place of the split
 * Services. Rules that send elsewhere go along, because the app may need them. The mesh is left out: testers come by a gateway.
 *
 * @returns undefined without a host, or if users come by no gateway
 */
export function previewService(service: VirtualService, split: TrafficSplit): VirtualService | undefined {
  const { preview, workload } = split;
  const gateways = gatewaysOf(service);
  if (preview === undefined || gateways.length === 0 || !service.spec?.hosts?.length) return undefined;
  const { namespace } = service.metadata ?? {};
  const { tls: _, tcp: __, ...spec } = service.spec;
  return {
    apiVersion: `${virtualServices.group}/${virtualServices.version}`,
    kind: virtualServices.kind,
    metadata: {
      name: previewName(objectName(service), workload),
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(workload),
    },
    spec: {
      ...spec,
      hosts: [preview],
      gateways,
      http: httpOf(service)
        .filter((rule) => !isAdded(rule))
        .map((rule) => withoutHosts(previewRule(rule, service, split))),
    },
  };
}

function gatewaysOf({ spec }: VirtualService): string[] {
  return (spec?.gateways ?? []).filter((each) => each !== 'mesh');
}

/** The canary alone, if the rule sends users to the split Services; else as it is. */
function previewRule(rule: HttpRule, service: VirtualService, split: TrafficSplit): HttpRule {
  const scene = sceneOf(service, split);
  const all = rule.route ?? [];
  const weights = effective(scene.dialect, all);
  const toCanary = placesOf(scene, all).flatMap(({ pair, stable, canary }): Destination[] => {
    const own = all[stable];
    const weight = weights[stable] ?? 0;
    if (!own || (canary === undefined && weight === 0)) return [];
    return [{ ...scene.dialect.toCanary(own, pair.canary), weight: Math.max(1, weight) }];
  });
  return toCanary.length > 0 ? { ...rule, route: toCanary } : withoutOthers(rule, service, split.workload);
}

/** Without what the promotion of another workload has added for its time: it goes before this preview does. */
function withoutOthers(rule: HttpRule, service: VirtualService, workload: string): HttpRule {
  const { route } = rule;
  if (!route || notedBy(service).every((each) => each === workload)) return rule;
  const canaries = new Set(
    route.map(({ destination: { host = '' } = {} }) =>
      hostFor(host, canaryName(host.replace(/\..*$/, ''), 63)),
    ),
  );
  return { ...rule, route: route.filter(({ destination }) => !canaries.has(destination?.host ?? '')) };
}

/** A match of the users' host would never be met. */
function withoutHosts(rule: HttpRule): HttpRule {
  if (!rule.match) return rule;
  return { ...rule, match: rule.match.map(({ authority: _, ...rest }) => rest) };
}

/** The VirtualServices of the preview that exist, also those that are being deleted. */
export function previewsOf(split: TrafficSplit, objects: ObjectSource): VirtualService[] {
  const names = new Set(previewNames(split));
  return objects
    .all(virtualServices)
    .filter((each) => names.has(nameOf(virtualServices, each)) && isOurs(each, split.workload));
}

/** Those that are wanted and do not exist. @param users the users' VirtualServices of the split */
export function missingPreviews(
  users: readonly VirtualService[],
  split: TrafficSplit,
  objects: ObjectSource,
): VirtualService[] {
  const present = new Set(previewsOf(split, objects).map(objectName));
  return users
    .flatMap((each) => previewService(each, split) ?? [])
    .filter((each) => !present.has(objectName(each)));
}

/** Why the host cannot lead to the canary. */
export function previewRefusals(
  users: readonly VirtualService[],
  split: TrafficSplit,
  objects: ObjectSource,
): Refusal[] {
  const { preview = '', workload } = split;
  const own = new Set(previewNames(split));
  const all = objects.all(virtualServices);
  const having = (services: readonly VirtualService[]) =>
    services
      .filter(({ spec }) => spec?.hosts?.includes(preview))
      .map((each) => nameOf(virtualServices, each));
  const others = all.filter((each) => !users.includes(each) && !isOurs(each, workload));
  return [
    ...takenHosts(preview, having(users), having(others)),
    ...nameTaken(
      virtualServices.kind,
      [...own].map((each) => each.slice(virtualServices.kind.length + 1)),
      all,
      workload,
    ),
    ...users.flatMap((each) => unreachable(each)),
  ];
}

/** Why nobody would come to the preview of a VirtualService by a host. */
function unreachable(service: VirtualService): Refusal[] {
  const name = nameOf(virtualServices, service);
  if (!service.spec?.hosts?.length) {
    return [
      previewRefusal(
        `${name} has no hosts, because another VirtualService delegates to it: a preview cannot follow that.`,
        'Remove `preview`; `header` leads testers to the canary.',
      ),
    ];
  }
  if (gatewaysOf(service).length > 0) return [];
  return [
    previewRefusal(
      `${name} belongs to no gateway, so that no host can lead to the canary.`,
      'Remove `preview`: in the mesh, users come by the Service.',
    ),
  ];
}

/** How a tester comes. Gateways are not read, because they may be anywhere. */
export function describePreview(users: readonly VirtualService[], split: TrafficSplit): PreviewWay {
  const gateways = [...new Set(users.flatMap(gatewaysOf))].map((each) => `Gateway/${each}`).join(' and ');
  return {
    url: `http://${split.preview}`,
    objects: users
      .flatMap((each) => previewService(each, split) ?? [])
      .map((each) => nameOf(virtualServices, each)),
    notes: [`a server of ${gateways} has to take the host, and to have its certificate`],
    warnings: [
      `An AuthorizationPolicy that names the users' host does not act on ${split.preview}: let it name that host too.`,
    ],
  };
}
