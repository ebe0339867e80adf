import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import * as kinds from '../../cluster/resource.ts';
import type { ImageContext } from '../../image/with-image.ts';
import { otherImages, running } from '../../workload/running-digest.ts';

/** The pod template of a workload, and the pods of its release. */
export interface PodTemplateSource {
  /** undefined if the workload does not exist or cannot be read; the promotion reports that itself. */
  template(): Promise<PodTemplateSpec | undefined>;
  /** The pods that run a promoted release; other pods of the workload may be among them. */
  pods(): Promise<readonly Pod[]>;
}

/**
 * What the cluster knows about the image of a workload: pull secrets, platforms of the nodes, running
 * digests.
 */
export function imageContext(cluster: Cluster, source: PodTemplateSource): ImageContext {
  const unread = new Set<string>();
  const orUnread = <T>(what: string, answer: Promise<T>): Promise<T | undefined> =>
    orForbidden(answer, () => unread.add(what));
  let pending: Promise<PodTemplateSpec | undefined> | undefined;
  const template = () => {
    pending ??= source.template();
    return pending;
  };
  return {
    unread: () => [...unread],
    async pullSecrets() {
      const spec = (await template())?.spec;
      const names = (spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
      const secrets = await Promise.all(
        names.map((name) =>
          orUnread(
            `Secret/${name} (it may have the registry's credentials: allow \`get secrets\`, or set \`registry_username\`)`,
            cluster.get(kinds.secrets, name),
          ),
        ),
      );
      return secrets.flatMap((secret) => {
        const config = secret?.data?.['.dockerconfigjson'] ?? secret?.data?.['.dockercfg'];
        return config === undefined ? [] : [Buffer.from(config, 'base64').toString('utf8')];
      });
    },
    async nodes() {
      const list = await orUnread(
        'nodes (so the image’s platforms are not compared with theirs)',
        cluster.list(kinds.nodes),
      );
      const selector = (await template())?.spec?.nodeSelector ?? {};
      return list?.items
        .filter(({ metadata }) =>
          Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value),
        )
        .flatMap(({ status }) => status?.nodeInfo ?? [])
        .filter((info) => info.operatingSystem !== '' && info.architecture !== '')
        .map(({ operatingSystem, architecture }) => ({ os: operatingSystem, architecture }));
    },
    async images() {
      const spec = (await template())?.spec;
      return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(
        ({ image }) => image ?? [],
      );
    },
    async running(image, digests) {
      const pods = running(await source.pods(), image);
      return { pods: pods.length, others: otherImages(pods, image, digests) };
    },
  };
}
