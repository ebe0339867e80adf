import type { Service } from 'kubernetes-types/core/v1';
import type { Right } from '../../../../cluster/client.ts';
import type { Refusal } from '../../../../errors.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import type { RouteObjects, RoutePair, ServicePair, TrafficSplit } from '../../../../traffic/split.ts';
import type { PreviewWay } from '../../../../traffic/without-users.ts';
import type { Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

/** What a preview is planned for. */
interface Split {
  router: TrafficRouter;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
}

/** The name that a port without one gets in the canary's Service. */
const UNNAMED = 'preview';

/** The ports of a Service, if the router's preview names them; no key otherwise, so that the plan is that of an older version. */
export function portsFor(
  { preview }: Pick<PromotionSpec, 'preview'>,
  router: TrafficRouter,
  { spec }: Service,
): Pick<ServicePair, 'ports'> {
  const isNeeded = preview !== undefined && 'make' in router.preview && router.preview.needsPorts;
  if (!isNeeded) return {};
  return { ports: (spec?.ports ?? []).map(({ name = UNNAMED, port }) => ({ name, port })) };
}

/** Why the host of the settings cannot lead to the canary. */
export function previewRefusals(spec: PromotionSpec, split: Split, objects: RouteObjects): Refusal[] {
  const { router, routes, services } = split;
  if (spec.preview === undefined || routes.length === 0) return [];
  if ('why' in router.preview) {
    const [first] = services;
    return [
      {
        code: 'preview',
        message: `\`preview\` is set, but the router "${router.name}" cannot lead a host name to the canary: ${router.preview.why}`,
        hint: `Remove \`preview\`. During a hold, this leads to the new version: kubectl -n ${spec.namespace} port-forward service/${first?.canary} 8080:80`,
      },
    ];
  }
  return router.preview.refusals(splitFor(spec, split), objects);
}

/** The preview of a plan, and its line of the log; nothing without one. */
export function plannedPreview(
  spec: PromotionSpec,
  split: Split,
  objects: RouteObjects,
): { preview: Pick<Plan, 'preview'>; lines: string[]; warnings: readonly string[] } {
  const { router } = split;
  if (spec.preview === undefined || !('make' in router.preview))
    return { preview: {}, lines: [], warnings: [] };
  const way = router.preview.describe(splitFor(spec, split), objects);
  return {
    preview: { preview: { host: spec.preview, url: way.url } },
    lines: [lineOf(way)],
    warnings: way.warnings,
  };
}

/** Whether the router counts testers who come by the preview as users of the canary. */
export function isPreviewCounted({ preview }: Plan, router: TrafficRouter): boolean {
  return preview !== undefined && 'make' in router.preview && router.preview.isCounted === true;
}

/** What a router needs for a preview beyond its rights to split. */
export function rightsToPreview(
  router: TrafficRouter | undefined,
  use: 'promote' | 'guard',
): readonly Right[] {
  return router && 'make' in router.preview ? (router.preview.rights?.[use] ?? []) : [];
}

function lineOf({ url, objects, notes }: PreviewWay): string {
  return `preview: ${url} leads to the canary alone, by ${objects.join(' and ')}${notes.map((each) => `; ${each}`).join('')}`;
}

function splitFor(
  { namespace, workload, preview }: PromotionSpec,
  { services, routes }: Split,
): TrafficSplit {
  return { namespace, workload, services, routes, ...(preview === undefined ? {} : { preview }) };
}
