import type { PrometheusAccess } from '../../../analysis/source/prometheus.ts';
import { type MetricsDialect, podPattern } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import { PromoteError } from '../../../errors.ts';
import { checksByKind, type JobCheck } from '../../../settings/checks/job.ts';
import type { Check } from '../../../settings/checks/types.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { checkJobSpec } from '../../../workload/check-job.ts';
import type { Metric } from '../rollout/types.ts';
import { metricOf } from './metric.ts';
import { type Analysis, type Base, canaryName, canarySteps, labelsOf } from './objects.ts';

/** The checks that an AnalysisTemplate is made of, and what they are measured by. */
export interface WantedChecks {
  checks: readonly (Check | JobCheck)[];
  prometheus: PrometheusAccess | undefined;
  router: MetricsDialect;
}

/** The arguments of the template, which the controller fills in with the hashes of the two ReplicaSets. */
const HASHES = { 'canary-hash': 'Latest', 'stable-hash': 'Stable' } as const;
const KEPT_SECONDS = 600;

/**
 * Turns checks into an AnalysisTemplate; undefined where there are none.
 *
 * @throws PromoteError `check` that names every check that cannot be turned
 */
export function analysisOf(base: Base, { checks, prometheus, router }: WantedChecks): Analysis | undefined {
  if (checks.length === 0) return undefined;
  const { measured, jobs } = checksByKind(checks);
  const measuring = { subject: subjectOf(base), prometheus, router };
  const turned = [
    ...measured.map((check) => ({ name: check.name, ...metricOf(check, measuring) })),
    ...jobs.map((check) => ({ name: check.name, ...jobMetric(check, base) })),
  ];
  const faults = turned.flatMap((each) => ('fault' in each ? [`Check ${each.name}: ${each.fault}.`] : []));
  if (faults.length > 0) {
    throw new PromoteError(
      'check',
      `Not every check can be made an AnalysisTemplate of. ${faults.join('\n')}`,
      { hint: 'Leave it out of `checks` here, and give it to the promotions: they judge by it themselves.' },
    );
  }
  const metrics = turned.flatMap((each) => ('metric' in each ? [each.metric] : []));
  return withArguments(base, metrics);
}

function withArguments({ deployment, steps }: Base, metrics: Metric[]): Analysis {
  const name = `${deployment.metadata?.name}-checks`;
  const text = JSON.stringify(metrics);
  const used = Object.entries(HASHES).filter(([arg]) => text.includes(`{{args.${arg}}}`));
  const first = canarySteps(steps).findIndex(({ setWeight }) => setWeight !== undefined);
  return {
    template: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name, labels: labelsOf(deployment) },
      spec: {
        ...(used.length > 0 ? { args: used.map(([arg]) => ({ name: arg })) } : {}),
        metrics,
      },
    },
    used: {
      templates: [{ templateName: name }],
      ...(used.length > 0
        ? {
            args: used.map(([arg, hash]) => ({ name: arg, valueFrom: { podTemplateHashValue: hash } })),
          }
        : {}),
      ...(first < 0 ? {} : { startingStep: first + 1 }),
    },
  };
}

/** As the promotions of a Rollout see it, with the arguments in place of the hashes. */
function subjectOf({ deployment, service, ingresses }: Base): Subject {
  const { name = '', namespace = '' } = deployment.metadata ?? {};
  const pods = (arg: keyof typeof HASHES) => podPattern(name).replace('[a-z0-9]+', `{{args.${arg}}}`);
  const stableService = service?.metadata?.name ?? '';
  const stable = { workload: name, service: stableService, pods: pods('stable-hash') };
  return {
    namespace,
    ingress: ingresses[0]?.metadata?.name ?? '',
    sides: {
      canary: {
        workload: name,
        service: service ? canaryName(stableService) : '',
        pods: pods('canary-hash'),
      },
      stable,
      baseline: stable,
    },
  };
}

function jobMetric({ name, job }: JobCheck, base: Base): { metric: Metric } | { fault: string } {
  if (job.image === undefined)
    return { fault: 'its image would be that of the release, which the template does not know: name one' };
  const { deployment, service } = base;
  const { name: workload = '', namespace = '' } = deployment.metadata ?? {};
  const port = service?.spec?.ports?.[0]?.port;
  const url = `http://${canaryName(service?.metadata?.name)}.${namespace}.svc:${port}`;
  const spec = checkJobSpec({
    ...job,
    image: job.image,
    env: {
      ...(port === undefined ? {} : { CANARY_URL: url }),
      NAMESPACE: namespace,
      WORKLOAD: workload,
      ...job.env,
    },
    labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: workload },
    keptSeconds: KEPT_SECONDS,
    like: deployment.spec?.template.spec,
  });
  return { metric: { name, provider: { job: { spec } } } };
}
