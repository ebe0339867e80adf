import type { RequestSource } from '../../analysis/request-source.ts';
import type { AnalysisSettings } from '../../analysis/settings.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import type { TrafficSplit } from '../../traffic/split.ts';
import type { EngineContext } from './context.ts';

/**
 * Opens the sources in which the router counts the requests of stable and canary, in order of preference.
 *
 * @param objects the objects of the router's kinds
 * @returns empty if the split has no route, or if the router counts nothing; the caller stops them
 */
export function openRequestSources(
  router: TrafficRouter,
  split: TrafficSplit,
  objects: ObjectSource,
  { cluster, clock }: Pick<EngineContext, 'cluster' | 'clock'>,
  { controllerNamespace, accessLogFormat }: AnalysisSettings,
): RequestSource[] {
  if (split.routes.length === 0) return [];
  const access = { cluster, clock, controllerNamespace, accessLogFormat };
  return router.requestSources?.(split, objects, access) ?? [];
}
