import { thousands } from '../../../numbers.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import { failedEvents } from './analysis-fault.ts';

/**
 * More requests failed on the canary than the step allows (`10% 2m at-most 5 failures`), whatever fails on stable. Each source counts by
 * itself: the router sees requests that never reach a pod, and the pods see those of other routes.
 */
export function tooManyFailures({ stage, snapshot: { assessment } }: Situation): Fault | undefined {
  const { mostFailures } = stage;
  if (mostFailures === undefined || !assessment) return undefined;
  const worst = assessment.comparisons.find(
    ({ what, canary }) => what === 'failed' && canary.bad > mostFailures,
  );
  if (!worst) return undefined;
  const { bad, requests } = worst.canary;
  return {
    answer: 'down',
    reason: `${thousands(bad)} of ${thousands(requests)} requests failed on the canary at ${stage.name}, and the step allows ${thousands(mostFailures)} failures.`,
    hints: [],
    facts: failedEvents(stage, assessment),
  };
}
