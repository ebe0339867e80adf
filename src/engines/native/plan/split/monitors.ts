import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import { isStatus, orForbidden } from '../../../../cluster/api-error.ts';
import type { Cluster } from '../../../../cluster/client.ts';
import { type KubeObject, type Resource, resource } from '../../../../cluster/resource.ts';
import type { SplitLabel } from '../../../../workload/canary-copy.ts';
import { knowsOnlyStable, selectorMatches } from '../../../../workload/selectors/label-selector.ts';

/** What tells Prometheus which Services and pods to scrape (prometheus-operator). */
export interface ScrapeMonitor extends KubeObject {
  spec?: { selector?: LabelSelector };
}

export const serviceMonitors = resource<ScrapeMonitor>(
  'monitoring.coreos.com/v1',
  'servicemonitors',
  'ServiceMonitor',
);
export const podMonitors = resource<ScrapeMonitor>('monitoring.coreos.com/v1', 'podmonitors', 'PodMonitor');

export interface ScrapeMonitors {
  ofServices: readonly ScrapeMonitor[];
  ofPods: readonly ScrapeMonitor[];
}

/** The monitors of the namespace; none if the cluster has no such kinds. */
export async function readMonitors(cluster: Cluster): Promise<ScrapeMonitors & { unread: string[] }> {
  const unread = new Set<string>();
  const items = async (of: Resource<ScrapeMonitor>): Promise<readonly ScrapeMonitor[]> => {
    const list = cluster.list(of).catch((error: unknown) => {
      if (isStatus(error, 404)) return { items: [] };
      throw error;
    });
    const answer = await orForbidden(list, () =>
      unread.add('servicemonitors and podmonitors (Prometheus may not scrape the canary)'),
    );
    return answer?.items ?? [];
  };
  const [ofServices, ofPods] = await Promise.all([items(serviceMonitors), items(podMonitors)]);
  return { ofServices, ofPods, unread: [...unread] };
}

/** Warns about monitors by which Prometheus scrapes stable's pods and not the canary's. */
export function unscraped(
  deployment: Deployment,
  label: SplitLabel,
  services: readonly Service[],
  { ofServices, ofPods }: ScrapeMonitors,
): string[] {
  const pods = deployment.spec?.template.metadata?.labels ?? {};
  const selects = ({ spec }: ScrapeMonitor) =>
    services.some(({ metadata }) => selectorMatches(spec?.selector ?? {}, metadata?.labels ?? {}));
  const found = [
    // the canary's Service has none of the labels of stable's
    ...ofServices
      .filter((each) => each.spec?.selector !== undefined && selects(each))
      .map(nameAs('ServiceMonitor')),
    ...ofPods
      .filter(({ spec }) => knowsOnlyStable(spec?.selector ?? {}, pods, label, label.canary))
      .map(nameAs('PodMonitor')),
  ];
  return found.map(
    (name) =>
      `${name} scrapes stable's pods and not the canary's. A query of \`checks\` has no value of the canary, unless Prometheus scrapes it in another way.`,
  );
}

function nameAs(kind: string): (object: KubeObject) => string {
  return ({ metadata }) => `${kind}/${metadata?.name}`;
}
