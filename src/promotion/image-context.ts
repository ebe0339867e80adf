import type { Deployment } from 'kubernetes-types/apps/v1';
import { isStatus } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import * as kinds from '../cluster/resource.ts';
import type { PrepareDeps } from '../image/prepare.ts';

/** What the cluster knows for the registry's sake; each is read only when it is asked for. */
export interface ImageContext extends Pick<PrepareDeps, 'pullSecrets' | 'nodes'> {
  /** What the credentials may not read, so that it was not looked at; for the log. */
  unread(): string[];
}

export function imageContext(cluster: Cluster, workload: string): ImageContext {
  const unread = new Set<string>();
  const orForbidden = async <T>(what: string, answer: Promise<T>): Promise<T | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (!isStatus(error, 403)) throw error;
      unread.add(what);
      return undefined;
    }
  };
  let found: Promise<Deployment | undefined> | undefined;
  const deployment = () => {
    // by a list, for that is what a dry run may do; where it may not, the promotion says so itself
    found ??= cluster.list(kinds.deployments, { fieldSelector: `metadata.name=${workload}` }).then(
      ({ items }) => items[0],
      (error) => {
        if (isStatus(error, 403)) return undefined;
        throw error;
      },
    );
    return found;
  };
  return {
    unread: () => [...unread],
    async pullSecrets() {
      const spec = (await deployment())?.spec?.template.spec;
      const names = (spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
      const secrets = await Promise.all(
        names.map((name) =>
          orForbidden(
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
      const list = await orForbidden(
        'nodes (the image’s platforms are not compared with theirs)',
        cluster.list(kinds.nodes),
      );
      const selector = (await deployment())?.spec?.template.spec?.nodeSelector ?? {};
      return list?.items
        .filter(({ metadata }) =>
          Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value),
        )
        .flatMap(({ status }) => status?.nodeInfo ?? [])
        .filter((info) => info.operatingSystem !== '' && info.architecture !== '')
        .map(({ operatingSystem, architecture }) => ({ os: operatingSystem, architecture }));
    },
  };
}
