import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { JobCheck } from '../settings/job-check.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../workload/canary-copy.ts';
import { checkJobSpec } from '../workload/check-job.ts';
import { hashOf, nameWith } from './names.ts';
import type { Plan } from './plan.ts';

/** Kept after the last Job of a test has ended, so that none is made a second time while another still runs. */
const KEPT_SECONDS = 600;

/** The Job of a check in a promotion: the same name for a run that takes the promotion up again. */
export function jobName({ workload }: Plan, check: string, id: string): string {
  const word = (text: string, length: number) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, length)
      .replace(/^-+|-+$/g, '');
  const parts = [word(workload, 26), word(check, 20), hashOf(`${id} ${check}`, 8)];
  return parts.filter((part) => part !== '').join('-');
}

/** The value of the split label on the pods of a check: no Service of the workload selects it. */
export function testLabel({ label }: Plan): string {
  return nameWith(label.stable, 'test', 63);
}

/**
 * The Job of a check. The canary owns it, so that it goes with the canary, whoever removes that.
 *
 * @param services those of canary and baseline, by name
 */
export function jobOf(
  plan: Plan,
  { name: check, job }: JobCheck,
  id: string,
  canary: Deployment,
  services: readonly Service[],
): Job {
  const labels = { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: plan.workload };
  const longest = Math.max(...(plan.jobs ?? []).map((each) => each.job.timeoutMs));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(plan, check, id),
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
      keptSeconds: Math.ceil(longest / 1000) + KEPT_SECONDS,
      like: canary.spec?.template.spec,
    }),
  };
}

/** What a check is told of what it checks. */
function environmentOf(plan: Plan, services: readonly Service[]): Record<string, string> {
  const canary = urlOf(plan.services[0]?.canary, plan, services);
  const baseline = urlOf(plan.baseline?.services[0]?.baseline, plan, services);
  return {
    ...(canary === undefined ? {} : { CANARY_URL: canary }),
    ...(baseline === undefined ? {} : { BASELINE_URL: baseline }),
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
