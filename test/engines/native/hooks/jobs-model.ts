import assert from 'node:assert/strict';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Write } from '../../../../src/cluster/write.ts';

/** The Jobs of a cluster, whose controller moves when it is told to. @param label `app` of their pods */
export function createJobs(label: string) {
  const kept = new Map<string, Job>();
  const running = new Map<string, Pod>();
  /** How often a container has started, and how it ended, by the name of its Job. */
  const started = new Map<string, number>();
  const passed = new Set<string>();
  let version = 1;
  const put = (job: Job) =>
    kept.set(job.metadata?.name ?? '', {
      ...job,
      metadata: { ...job.metadata, resourceVersion: String(++version) },
    });
  const podOf = (name: string, phase: string, state: object): Pod => ({
    metadata: { name, labels: { 'job-name': name, app: label } },
    status: {
      phase,
      containerStatuses: [{ name: 'job', image: '', imageID: '', ready: false, restartCount: 0, state }],
    },
  });
  return {
    kept,
    running,
    started,
    passed,
    /** false where the write met a conflict. */
    apply({ verb, object }: Write): boolean {
      const name = object.metadata?.name ?? '';
      const found = kept.get(name);
      if (verb === 'create') {
        if (found) return false;
        put({ ...(object as Job), metadata: { ...object.metadata, uid: `uid-${++version}` } });
        return true;
      }
      if (found?.metadata?.resourceVersion !== object.metadata?.resourceVersion) return false;
      if (verb === 'update') put(object as Job);
      else {
        const isHalfWay = running.get(name)?.status?.phase === 'Running';
        assert.ok(!isHalfWay, `${name} is deleted half way`);
        kept.delete(name);
        running.delete(name);
      }
      return true;
    },
    /** A Job that may run starts, and one that runs ends. */
    settle(exitCode: number) {
      for (const [name, job] of kept) {
        if (job.spec?.suspend || job.status?.conditions?.length) continue;
        const pod = running.get(name);
        if (!pod) {
          running.set(name, podOf(name, 'Running', { running: {} }));
          started.set(name, (started.get(name) ?? 0) + 1);
          continue;
        }
        const terminated = { exitCode, startedAt: '', finishedAt: '' };
        running.set(name, podOf(name, exitCode === 0 ? 'Succeeded' : 'Failed', { terminated }));
        if (exitCode === 0) passed.add(name);
        put({
          ...job,
          status: { conditions: [{ type: exitCode === 0 ? 'Complete' : 'Failed', status: 'True' }] },
        });
      }
    },
    /** Somebody deletes the newest Job. */
    lose() {
      const name = [...kept.keys()].at(-1) ?? '';
      kept.delete(name);
      running.delete(name);
    },
    snapshot: () => ({ jobs: [...kept.values()], pods: [...running.values()] }),
  };
}
