import type { PrometheusAccess } from '../../../analysis/source/prometheus.ts';
import { type MetricsDialect, podPattern } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import { PromoteError } from '../../../errors.ts';
import { checksByKind, type JobCheck } from '../../../settings/checks/job.ts';
import type { Check } from '../../../settings/checks/types.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { checkJobSpec } from '../../../workload/check-job.ts';
import type { Metric } from '../rollout/types.ts';
import { metricOf } from './metric.ts';
import { type Analysis, type Base, canaryName, canarySteps, labelsOf } from './objects.ts';

/** The checks for an AnalysisTemplate, and how to measure them. */
export interface WantedChecks {
  checks: readonly (Check | JobCheck)[];
  prometheus: PrometheusAccess | undefined;
  router: MetricsDialect;
}

/** The arguments of the template, which the controller fills in with the hashes of the two ReplicaSets. */
const HASHES = { 'canary-hash': 'Latest', 'stable-hash': 'Stable' } as const;
const KEPT_SECONDS = 600;

/**
 * Converts checks to an AnalysisTemplate; undefined if there are none.
 *
 * @throws PromoteError `check` that names every check that cannot be converted
 */
export function analysisOf(base: Base, { checks, prometheus, router }: WantedChecks): Analysis | undefined {
  if (checks.length === 0) return undefined;
  const { measured, jobs } = checksByKind(checks);
  const measuring = { subject: subjectOf(base), prometheus, router };
  const converted = [
    ...measured.map((check) => ({ name: check.name, ...metricOf(check, measuring) })),
    ...jobs.map((check) => ({ name: check.name, ...jobMetric(check, base) })),
  ];
  const faults = converted.flatMap((each) => ('fault' in each ? [`Check ${each.name}: ${each.fault}.`] : []));
  if (faults.length > 0) {
    throw new PromoteError('check', `An AnalysisTemplate cannot have every check. ${faults.join('\n')}`, {
      hint: 'Remove it from `checks` here, and set it in the steps that promote: they measure it themselves.',
    });
  }
  const metrics = converted.flatMap((each) => ('metric' in each ? [each.metric] : []));
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

/** The subject of the checks, as for a promotion, with arguments instead of hashes. */
function subjectOf({ deployment, service, ingresses }: Base): Subject {
  const { name = '', namespace = '' } = deployment.metadata ?? {};
  const pods = (arg: keyof typeof HASHES) => podPattern(name, `{{args.${arg}}}`);
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
    return { fault: 'it has no `image`, and the template does not know the image of the release; set one' };
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
    labels: ownLabels(workload),
    keptSeconds: KEPT_SECONDS,
    like: deployment.spec?.template.spec,
  });
  return { metric: { name, provider: { job: { spec } } } };
}
