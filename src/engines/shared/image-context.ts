import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import * as kinds from '../../cluster/resource.ts';
import type { ImageContext } from '../../image/with-image.ts';
import { movedTag } from '../../workload/running-digest.ts';

/** Where a workload says its pods, and those of the release. */
export interface PodTemplateSource {
  /** undefined where it is not there, or may not be seen: the promotion says so itself. */
  template(): Promise<PodTemplateSpec | undefined>;
  /** Those that a promoted release runs in; there may be others of the workload among them. */
  pods(): Promise<readonly Pod[]>;
}

/** What the cluster knows of the image of a workload, for the registry's sake. */
export function imageContext(cluster: Cluster, described: PodTemplateSource): ImageContext {
  const unread = new Set<string>();
  const orUnread = <T>(what: string, answer: Promise<T>): Promise<T | undefined> =>
    orForbidden(answer, () => unread.add(what));
  let asked: Promise<PodTemplateSpec | undefined> | undefined;
  const template = () => {
    asked ??= described.template();
    return asked;
  };
  return {
    unread: () => [...unread],
    async pullSecrets() {
      const spec = (await template())?.spec;
      const names = (spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
      const secrets = await Promise.all(
        names.map((name) =>
          orUnread(
            `Secret/${name} (it may open the registry: \`get secrets\`, or set \`registry_username\`)`,
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
        'nodes (the image’s platforms are not compared with theirs)',
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
    movedTag: async (image, digests) => movedTag(await described.pods(), image, digests),
  };
}
