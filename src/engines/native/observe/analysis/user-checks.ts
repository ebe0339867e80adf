import { type MeasureDeps, measureWith } from '../../../../analysis/checks/measure.ts';
import { type Checks, startChecks } from '../../../../analysis/checks/runner.ts';
import type { AnalysisSettings } from '../../../../analysis/settings.ts';
import type { Clock } from '../../../../clock.ts';
import type { Cluster } from '../../../../cluster/client.ts';
import type { ObjectSource } from '../../../../cluster/object-source.ts';
import { checksOfSteps } from '../../../../settings/steps.ts';
import type { Plan } from '../../plan/plan.ts';
import { podsOf } from '../snapshot.ts';
import { subjectOf } from './subject.ts';

/** Prepares the checks of the user, of all steps and of single ones. @param seen what the watch has counted */
export function startUserChecks(
  { source, cluster, clock }: { source: ObjectSource; cluster: Cluster; clock: Clock },
  plan: Plan,
  settings: AnalysisSettings,
  seen: Pick<MeasureDeps, 'counted' | 'restarts'>,
): Checks {
  const subject = subjectOf(plan);
  const measure = measureWith({
    ...seen,
    subject: () => subject,
    settings,
    cluster,
    clock,
    pods: () => podsOf(plan, source),
  });
  // the counters are judged by it, so it is not measured
  const measured = settings.checks.filter(({ measure: { kind } }) => kind !== 'slower');
  return startChecks(measured, measure, clock, settings.thresholds, checksOfSteps(plan.steps));
}
