import type { CheckEvent } from '../../../events.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import type { Fault } from '../converge/decision.ts';
import { endOf, verdictOf } from '../observe/check-jobs.ts';
import type { Situation } from '../observe/situation.ts';
import type { CheckJob, Snapshot } from '../observe/snapshot.ts';

/** A check's Job that failed, or that cannot run. */
export function checkJobFault({ record, stage, snapshot: { jobs }, now }: Situation): Fault | undefined {
  if (stage.kind !== 'test') return undefined;
  for (const seen of jobs) {
    const verdict = verdictOf(seen, now);
    if (verdict && !verdict.passed) {
      return fault(seen, `Check ${seen.check.name} failed: ${verdict.why}`, verdict.why);
    }
    if (verdict || !seen.job) continue;
    const trouble = troublesOf(seen.pods).find(({ weight }) => weight === 'fatal');
    if (trouble && !endOf(seen)) {
      return fault(seen, `Check ${seen.check.name} does not run: ${trouble.reason}, ${trouble.message}`);
    }
  }
  // the Job controller stops each Job at its time limit, unless the controller is down
  const longest = Math.max(0, ...jobs.map(({ check }) => check.job.timeoutMs));
  if (now < record.since + longest + record.plan.timeoutMs) return undefined;
  const [late] = jobs.filter((seen) => verdictOf(seen, now) === undefined);
  return (
    late &&
    fault(late, `Check ${late.check.name} did not end: Kubernetes did not stop its Job at its time limit.`)
  );
}

/** The events of the checks that passed. */
export function passedCheckJobs({ jobs }: Snapshot): CheckEvent[] {
  return jobs.map((seen) => {
    const { startedAt, finishedAt } = endOf(seen) ?? {};
    const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
    return {
      type: 'check',
      name: seen.check.name,
      passed: true,
      ...(Number.isNaN(ms) ? {} : { ms }),
      lines: seen.lines,
    };
  });
}

function fault({ check, lines }: CheckJob, reason: string, message = reason): Fault {
  return {
    answer: 'down',
    reason: [reason, ...lines.map((line) => `| ${line}`)].join('\n'),
    hints: [],
    facts: [{ type: 'check', name: check.name, passed: false, message, lines }],
  };
}
