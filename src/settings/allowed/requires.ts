import { shorten } from '../duration.ts';
import { throwFaults } from '../faults.ts';

/** What must have had the release before. */
interface Requirements {
  /** Tags of its repository, which other promotions set. */
  tags: readonly string[];
  /** Workloads whose record must show its promotion, as the setting `workload` names them. */
  records: readonly { namespace: string; workload: string }[];
}

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const RECORD =
  /^(?<namespace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(?<kind>(?:deployment|statefulset|daemonset)\/)?(?<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/;

/**
 * Reads requirements: `staging` is a tag, `shop-staging/web` the Deployment `web` of a namespace,
 * `shop-staging/statefulset/db` a workload of another kind.
 *
 * @throws Error with the faults of all of them
 */
export function parseRequirements(items: readonly string[]): Requirements {
  const records = items.flatMap((item) => {
    const { namespace, kind = 'deployment/', name } = RECORD.exec(item)?.groups ?? {};
    if (namespace === undefined || name === undefined) return [];
    return [{ namespace, workload: `${kind}${name}` }];
  });
  throwFaults(
    items
      .filter((item) => !(TAG.test(item) || RECORD.test(item)))
      .map(
        (item) =>
          `"${shorten(item)}" is neither a tag, such as staging, nor a namespace with a workload, such as shop-staging/web or shop-staging/statefulset/db`,
      ),
  );
  return { tags: items.filter((item) => TAG.test(item)), records };
}
