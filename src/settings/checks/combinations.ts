import type { Settings } from '../settings.ts';
import { checksByKind } from './job.ts';
import { keelStepFaults, rolloutStepFaults, stepCheckFaults } from './step-checks.ts';
import type { Check } from './types.ts';

const NO_PROMETHEUS = '`checks` has a query, but `prometheus` is not set.';

/** Settings that need control over the canary or its steps. The controller has that control for a Rollout. */
export function rolloutCheckFaults(settings: Settings): string[] {
  const { checks = [], prometheus, baseline, strategy, require_evidence, bootstrap } = settings;
  const { measured, jobs } = checksByKind(checks);
  const faults = measured.flatMap(({ name, measure }) => {
    if (measure.kind === 'slower')
      return [`\`checks\` cannot compare ${name} with stable for a Rollout; use an absolute limit.`];
    return measure.kind === 'query' && prometheus === undefined ? [NO_PROMETHEUS] : [];
  });
  if (jobs.length > 0 && bootstrap === 'false')
    faults.push(
      '`checks` has a Job, which this step does not run for a Rollout; use an AnalysisTemplate with a job (`bootstrap` creates one).',
    );
  if (baseline || strategy === 'experiment')
    faults.push(
      '`baseline` and `strategy: experiment` need the native engine; a Rollout has experiment steps of its own.',
    );
  if (strategy === 'bluegreen')
    faults.push(
      '`strategy: bluegreen` needs the native engine; a Rollout has `strategy.blueGreen` in its own spec, which the argo engine drives.',
    );
  if (require_evidence)
    faults.push('`require_evidence` has no effect on a Rollout, because its controller runs the steps.');
  return [...faults, ...rolloutStepFaults(settings)];
}

/** An experiment has no users, so a check of their requests would never get a value. */
function experimentFaults({ strategy, require_evidence }: Settings, checks: readonly Check[]): string[] {
  if (strategy !== 'experiment') return [];
  const ofRequests = checks.find(({ measure }) =>
    ['success-rate', 'latency', 'slower'].includes(measure.kind),
  );
  return [
    ...(require_evidence ? ['`require_evidence` needs users, but `strategy: experiment` has none.'] : []),
    ...(ofRequests
      ? [
          `\`checks\` has ${ofRequests.name}, which counts users' requests, but \`strategy: experiment\` has no users.`,
        ]
      : []),
  ];
}

/** Checks and settings of the judge that contradict each other, for the native engine. */
export function analysisFaults(settings: Settings): string[] {
  const { prometheus, false_alarm, require_evidence, steps } = settings;
  const { measured: checks } = checksByKind(settings.checks ?? []);
  const comparesLatency = checks.filter(({ measure }) => measure.kind === 'slower').length;
  const hasBaseline = settings.baseline || settings.strategy === 'experiment';
  const faults: string[] = [];
  if (prometheus === undefined && checks.some(({ measure }) => measure.kind === 'query'))
    faults.push(NO_PROMETHEUS);
  faults.push(...experimentFaults(settings, checks), ...stepCheckFaults(settings));
  if (comparesLatency > 1) faults.push('`checks` compares latency with stable more than once; keep one.');
  if (!hasBaseline && checks.some(({ compare }) => compare === 'baseline'))
    faults.push('`checks` compares with a baseline, but there is none; set `baseline: true`.');
  if (false_alarm > 0) return faults;
  const noJudge = '`false_alarm: 0` disables the judge.';
  if (settings.baseline) faults.push(`\`baseline\` has no effect: ${noJudge}`);
  if (require_evidence) faults.push(`\`require_evidence\` has no effect: ${noJudge}`);
  if (steps.some((step) => step.kind === 'weight' && step.untilSure))
    faults.push(`\`until-sure\` in \`steps\` has no effect: ${noJudge}`);
  if (comparesLatency > 0) faults.push(`\`checks\` cannot compare latency with stable: ${noJudge}`);
  return faults;
}

/** An update by Keel leaves no old version to compare with, and has no canary that a Job could test. */
export function bakeFaults(settings: Settings): string[] {
  const { checks = [], kubeconfig, server, wait, prometheus, prometheus_router } = settings;
  const ofSteps = keelStepFaults(settings);
  if (checks.length === 0) return ofSteps;
  const { measured, jobs } = checksByKind(checks);
  const byWorkload = prometheus !== undefined && ['istio', 'linkerd'].includes(prometheus_router);
  const faults = measured.flatMap(({ name, measure, compare, series }) => {
    if (compare !== undefined || series !== undefined)
      return [`\`checks\` compares ${name} with stable, but an update by Keel leaves no stable version.`];
    if (['success-rate', 'latency'].includes(measure.kind) && !byWorkload)
      return [
        `\`checks\` has ${name}, which with Keel needs \`prometheus\` and a \`prometheus_router\` that counts by workload (istio, linkerd); use a query instead.`,
      ];
    return measure.kind === 'query' && prometheus === undefined ? [NO_PROMETHEUS] : [];
  });
  if (jobs.length > 0) faults.push('`checks` has a Job, which needs a canary; Keel creates none.');
  if (kubeconfig === undefined && server === undefined)
    faults.push('`checks` with Keel needs `kubeconfig` or `server`, to revert a bad update.');
  if (wait === 'sent' || wait === 'approved')
    faults.push(`\`checks\` watches the update, but \`wait: ${wait}\` does not wait for it.`);
  return [...ofSteps, ...faults];
}
