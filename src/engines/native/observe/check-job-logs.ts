import type { Pod } from 'kubernetes-types/core/v1';
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { endOf } from './check-jobs.ts';
import type { CheckJob } from './snapshot.ts';

/** Last lines of a check to keep, for the log of the step. */
const LINES = 10;
/**
 * Kubernetes deletes the pod and its log at the time limit of the Job, so the log is read this long before.
 */
const BEFORE_END_MS = 2_000;

/** Reads the log of each check's pod once: when it has ended, or just before its time limit. */
export interface JobLogs {
  withLines<T extends CheckJob>(jobs: readonly T[], signal: AbortSignal): Promise<T[]>;
}

export function startJobLogs(cluster: Cluster, clock: Clock): JobLogs {
  const kept = new Map<string, { lines: readonly string[]; final: boolean }>();

  async function read(pod: Pod, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const container = pod.spec?.containers[0]?.name ?? '';
    try {
      const options = { lines: LINES, previous: false, signal };
      const text = await cluster.logs(pod.metadata?.name ?? '', container, options);
      return text.trim() === '' ? [] : text.trimEnd().split('\n').slice(-LINES);
    } catch {
      // the log is only extra information: the exit code is the verdict
      return undefined;
    }
  }

  return {
    withLines: (jobs, signal) =>
      Promise.all(
        jobs.map(async (seen) => {
          const name = seen.job?.metadata?.name ?? '';
          const known = kept.get(name);
          const pod = seen.pods.at(-1);
          const ended = endOf(seen) !== undefined;
          const due = ended ? !known?.final : !known && isNearEnd(seen, clock.now());
          if (pod && due) {
            const lines = await read(pod, signal);
            kept.set(name, { lines: lines ?? known?.lines ?? [], final: ended });
          }
          return { ...seen, lines: kept.get(name)?.lines ?? [] };
        }),
      ),
  };
}

function isNearEnd({ job, check }: CheckJob, now: number): boolean {
  const started = Date.parse(job?.status?.startTime ?? '');
  return now >= started + check.job.timeoutMs - BEFORE_END_MS;
}
