import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Service } from 'kubernetes-types/core/v1';
import * as kinds from '../../../cluster/resource.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { checkJobSpec } from '../../../workload/check-job.ts';
import { passedEvent, verdictOf } from '../observe/check-jobs.ts';
import type { Situation } from '../observe/situation.ts';
import type { CheckJob } from '../observe/snapshot.ts';
import { testLabel } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import { type Decision, waitFor, written } from './decision.ts';

/**
 * Kept this long after the last Job of the stage, so that no Job is created a second time while another one
 * runs.
 */
const KEPT_SECONDS = 600;

/**
 * Creates the missing Jobs. Before the first user it waits until they end; in a step they run while its time does, and its end waits
 * (decide/check-job-fault.ts). Jobs of an earlier run of the promotion count too.
 */
export function convergeCheckJobs(situation: Situation): Decision | undefined {
  const { record, stage, snapshot, now } = situation;
  const { jobs, canary, services, baselineServices } = snapshot;
  if ((stage.kind !== 'test' && !stage.jobs) || !canary) return undefined;
  const passed = notePassed(situation);
  if (passed) return passed;
  const missing = jobs.filter(({ job, name }) => !job && !record.passedJobs?.includes(name));
  if (missing.length > 0) {
    const writes = missing.map((seen) => {
      const object = jobOf(record.plan, seen, canary, [...services, ...baselineServices]);
      return { verb: 'create', resource: kinds.jobs, object } as const;
    });
    const events = writes.map((write, index) => written(write, `check ${missing[index]?.check.name}`));
    return { do: 'write', writes, events };
  }
  if (stage.jobs) return undefined;
  const running = jobs.filter((seen) => verdictOf(seen, now) === undefined).map(({ check }) => check.name);
  if (running.length === 0) return undefined;
  return waitFor(running.length === 1 ? `check ${running[0]}` : `the checks ${running.join(', ')}`);
}

/** The record says that the Job of a step has passed, because its Job may be gone while the step still lasts. */
function notePassed({ record, stage, snapshot, now }: Situation): Decision | undefined {
  const { passedJobs = [] } = record;
  const seen = snapshot.jobs.find(
    (each) => !passedJobs.includes(each.name) && verdictOf(each, now)?.passed === true,
  );
  if (!stage.jobs || !seen) return undefined;
  return {
    do: 'record',
    record: { ...record, passedJobs: [...passedJobs, seen.name] },
    events: [passedEvent(seen)],
  };
}

/**
 * The Job of a check. That of a step stays for as long as its canary, because nothing may make it a second time. The canary owns it, so that Kubernetes deletes both together.
 *
 * @param services those of canary and baseline, by name
 */
export function jobOf(
  plan: Plan,
  { check: { job }, name, step }: Pick<CheckJob, 'check' | 'name' | 'step'>,
  canary: Deployment,
  services: readonly Service[],
): Job {
  const labels = ownLabels(plan.workload);
  const longest = Math.max(...(plan.jobs ?? []).map((each) => each.job.timeoutMs));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: plan.namespace,
      labels,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: plan.canary, uid: canary.metadata?.uid ?? '' },
      ],
    },
    spec: checkJobSpec({
      ...job,
      image: job.image ?? plan.to,
      env: { ...environmentOf(plan, services), ...job.env },
      labels: { ...labels, [plan.label.key]: testLabel(plan) },
      ...(step === undefined ? { keptSeconds: Math.ceil(longest / 1000) + KEPT_SECONDS } : {}),
      like: canary.spec?.template.spec,
    }),
  };
}

/** The environment of a check: what it is about. */
function environmentOf(plan: Plan, services: readonly Service[]): Record<string, string> {
  const canary = urlOf(plan.services[0]?.canary, plan, services);
  const baseline = urlOf(plan.baseline?.services[0]?.baseline, plan, services);
  return {
    ...(canary === undefined ? {} : { CANARY_URL: canary }),
    ...(baseline === undefined ? {} : { BASELINE_URL: baseline }),
    ...(plan.preview ? { PREVIEW_URL: plan.preview.url } : {}),
    NAMESPACE: plan.namespace,
    WORKLOAD: plan.workload,
    RELEASE_IMAGE: plan.to,
    STABLE_IMAGE: plan.from,
  };
}

function urlOf(name: string | undefined, plan: Plan, services: readonly Service[]): string | undefined {
  const port = services.find(({ metadata }) => metadata?.name === name)?.spec?.ports?.[0]?.port;
  return port === undefined ? undefined : `http://${name}.${plan.namespace}.svc:${port}`;
}
