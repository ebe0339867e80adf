import type { Assessment } from '../../../analysis/assessment.ts';
import { valueText } from '../../../sentences.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import type { Fault } from '../converge/decision.ts';
import { endOf, verdictOf } from '../observe/check-jobs.ts';
import type { Situation } from '../observe/situation.ts';
import type { CheckJob } from '../observe/snapshot.ts';
import { jobName } from '../plan/names.ts';
import { beganAt } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';

/** A check's Job that failed, or that cannot run. */
export function checkJobFault({ record, stage, snapshot, now }: Situation): Fault | undefined {
  if (stage.kind !== 'test' && !stage.jobs) return undefined;
  const jobs = snapshot.jobs.filter(({ name }) => !record.passedJobs?.includes(name));
  for (const seen of jobs) {
    const verdict = verdictOf(seen, now);
    if (verdict && !verdict.passed) {
      return fault(seen, `${titleOf(seen)} failed: ${verdict.why}`, verdict.why);
    }
    if (verdict || !seen.job) continue;
    const trouble = troublesOf(seen.pods).find(({ weight }) => weight === 'fatal');
    if (trouble && !endOf(seen)) {
      return fault(seen, `${titleOf(seen)} does not run: ${trouble.reason}, ${trouble.message}`);
    }
  }
  // the Job controller stops each Job at its time limit, unless the controller is down
  const longest = Math.max(0, ...jobs.map(({ check }) => check.job.timeoutMs));
  const began = stage.jobs ? (beganAt(record, stage) ?? now) : record.since;
  if (now < began + longest + record.plan.timeoutMs) return undefined;
  const [late] = jobs.filter((seen) => verdictOf(seen, now) === undefined);
  return (
    late && fault(late, `${titleOf(late)} did not end: Kubernetes did not stop its Job at its time limit.`)
  );
}

/** A check without a value for which the end of the stage waits: its own, and in a step of the user those of all steps. */
export function checkToCome(
  { kind, checks = [] }: Pick<Stage, 'kind' | 'checks'>,
  assessment: Assessment | undefined,
): string | undefined {
  const resultOf = (name: string) =>
    assessment?.checks.find((each) => each.name === name && each.step !== undefined);
  const own = checks.find((name) => resultOf(name)?.passed === undefined);
  if (own !== undefined) return `check ${own}: ${valueText(resultOf(own) ?? {})}`;
  return kind === 'weight' || kind === 'test' ? assessment?.pending : undefined;
}

/** The Job of the step whose end its step waits for; undefined if all have passed. */
export function jobToCome({ stage, record }: Pick<Situation, 'stage' | 'record'>): string | undefined {
  const { plan, id, passedJobs = [] } = record;
  const { step, names } = stage.jobs ?? { step: 0, names: [] };
  const left = names.find((name) => !passedJobs.includes(jobName(plan, name, id, step)));
  return left === undefined ? undefined : `check ${left}`;
}

/** `Check smoke`, or `Check smoke of the step 50 %`. */
function titleOf({ check, step }: CheckJob): string {
  return step === undefined ? `Check ${check.name}` : `Check ${check.name} of the step ${step}`;
}

function fault({ check, step, lines }: CheckJob, reason: string, message = reason): Fault {
  return {
    answer: 'down',
    reason: [reason, ...lines.map((line) => `| ${line}`)].join('\n'),
    hints: [],
    facts: [
      {
        type: 'check',
        name: check.name,
        ...(step === undefined ? {} : { step }),
        passed: false,
        message,
        lines,
      },
    ],
  };
}
