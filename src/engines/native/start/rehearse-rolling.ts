import { diffOf } from '../../../cluster/diff.ts';
import { jobs, nameOf } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { titleOf } from '../../../workload/rolling/kinds.ts';
import { hookJobOf } from '../converge/hooks.ts';
import type { Deps } from '../loop-state.ts';
import { tasksOf } from '../plan/hooks/tasks.ts';
import { subjectOfOutcome } from '../plan/plan.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import { stageEvents } from '../plan/stage-events.ts';
import { stagesOf } from '../plan/stages.ts';
import { fresh } from '../resume.ts';
import { convergeRolling } from '../rolling/converge.ts';
import type { RollingPlanned } from '../rolling/make-plan.ts';
import type { RollingSituation } from '../rolling/seen.ts';

/** A dry run of a rolling update: the stages, their Jobs, and what the first write to the workload would change. Writes nothing. */
export async function* rehearseRolling(
  { plan, inventory }: Extract<RollingPlanned, { lines: string[] }>,
  spec: PromotionSpec,
  { clock }: Deps,
): AsyncGenerator<PromotionEvent, Outcome> {
  const workload = inventory.workloads.find(({ metadata }) => metadata?.name === plan.workload);
  const first = { ...fresh(plan, clock.now(), ''), id: 'dry-run' };
  const seen = {
    workload,
    before: undefined,
    newPods: [],
    oldPods: inventory.pods,
    hooks: [],
    assessment: undefined,
    request: undefined,
  };
  let isShown = false;
  for (const [index, stage] of stagesOf(first).entries()) {
    const record = { ...first, stage: index };
    yield* stageEvents(record);
    const situation: RollingSituation = { record, stage, seen, now: clock.now() };
    for (const write of jobsOf(situation)) yield shown(write);
    const decision = convergeRolling(situation);
    if (isShown || decision?.do !== 'write') continue;
    for (const write of decision.writes) yield shown(write);
    isShown = true;
  }
  return {
    ...subjectOfOutcome(plan),
    kind: 'shown',
    reason: `Dry run: a promotion of ${spec.image} would replace the pods of ${titleOf(plan)}. Nothing was written.`,
    hints: [],
    image: plan.from,
    weight: 0,
  };
}

/** The Jobs that a stage makes. */
function jobsOf({ record, stage, seen: { workload } }: RollingSituation): Write[] {
  if (!workload) return [];
  return tasksOf(record.plan)
    .filter(({ when }) => when === stage.kind)
    .map((task) => {
      const object = hookJobOf(record, { task, check: task.check }, workload);
      return { verb: 'create', resource: jobs, object };
    });
}

function shown(write: Write): PromotionEvent {
  const { resource, object, verb } = write;
  return { type: 'diff', object: nameOf(resource, object), verb, lines: diffOf(write) };
}
