import type { StageEvent } from '../../events.ts';
import { checksText } from '../../sentences.ts';
import type { Limited, StageFact, Story } from './facts.ts';
import { MOST, nothing, plus } from './limits.ts';

/** Ends the stage before, and begins this one. */
export function entered(story: Story, event: StageEvent, at: number): Story {
  const weight = story.weights.shown.at(-1)?.weight;
  const stage: StageFact = {
    name: event.name,
    kind: event.kind,
    ...(weight === undefined ? {} : { weight }),
    from: at,
    ...(event.endsAfterMs === undefined ? {} : { plannedMs: event.endsAfterMs }),
    notes: event.checks ? plus(nothing(), `with ${checksText(event.checks)}`, MOST.notes) : nothing(),
  };
  const begun = { ...story, stages: plus(closed(story.stages, at), stage, MOST.stages) };
  // a step of a Rollout; its controller writes the weight itself
  if (event.kind !== 'setWeight' || event.weight === undefined) return begun;
  return withWeight(begun, { weight: event.weight }, at);
}

/** The weight that was written, in the current stage and over time. */
export function withWeight(
  story: Story,
  { weight, weightOf }: Pick<Story, 'weightOf'> & { weight: number },
  at: number,
): Story {
  return {
    ...story,
    stages: changed(story.stages, (stage) => ({ ...stage, weight })),
    weights: plus(story.weights, { at, weight }, MOST.weights),
    ...(weightOf === undefined ? {} : { weightOf }),
  };
}

/** The stages, with the end of the current one. */
export function closed(stages: Limited<StageFact>, at: number): Limited<StageFact> {
  return changed(stages, (stage) => ({ ...stage, to: stage.to ?? at }));
}

/** Notes what happened in the current stage. */
export function inStage(stages: Limited<StageFact>, note: string): Limited<StageFact> {
  return changed(stages, (stage) =>
    stage.notes.shown.at(-1) === note ? stage : { ...stage, notes: plus(stage.notes, note, MOST.notes) },
  );
}

function changed(stages: Limited<StageFact>, change: (stage: StageFact) => StageFact): Limited<StageFact> {
  const current = stages.shown.at(-1);
  if (!current) return stages;
  return { ...stages, shown: [...stages.shown.slice(0, -1), change(current)] };
}
