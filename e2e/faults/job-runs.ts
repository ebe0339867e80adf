import type { SimWorld } from '../../test/sim/world.ts';

/** What a story expects of the Jobs around its releases: `before-migrate`. */
export interface JobStory {
  /** `WHEN-NAME` of each Job that has an undo. */
  names: readonly string[];
  /** How often each has run without being undone; undefined if it may have. @param returned the dead step had written stable */
  net(tag: string, returned: boolean): number | undefined;
}

/** Counts the pods of Jobs from now on, by the name of their Job. */
export function countPodsOfJobs({ cluster: { store } }: SimWorld): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  store.subscribe(({ type, resource, object }) => {
    const job: string | undefined = object.metadata.labels?.['job-name'];
    if (resource !== 'pods' || type !== 'ADDED' || job === undefined) return;
    counts.set(job, (counts.get(job) ?? 0) + 1);
  });
  return counts;
}

/** A Job that ran twice, and one whose work stays or is missing at the end. */
export function jobFaults(counts: ReadonlyMap<string, number>, { names }: JobStory, net?: number): string[] {
  const twice = [...counts].filter(([name, count]) => count > 1 && !name.includes('-guard-'));
  const runs = (prefix: string) =>
    [...counts.keys()].filter((name) => name.startsWith(`web-${prefix}-`)).length;
  return [
    ...twice.map(([name, count]) => `Job/${name} has run ${count} times`),
    ...names.flatMap((name) => {
      const [there, back] = [runs(name), runs(`undo-${name}`)];
      return net === undefined || there - back === net
        ? []
        : [`${name} has run ${there} times, and was undone ${back} times`];
    }),
  ];
}
