import type { PromotionEvent } from '../../events.ts';
import type { Progress } from '../../progress.ts';
import type { Facts } from '../../report/facts/facts.ts';
import { factsOf, noStory, withEvent } from '../../report/facts/fold.ts';
import { VERSION } from '../../version.ts';
import type { Sample } from '../samples.ts';
import type { Seen } from '../seen.ts';

/**
 * What the page of a promotion shows, as far as the cluster knows it: as if the events had been heard when they happened.
 *
 * @param samples the counts that this run of the program has seen
 */
export function factsFrom(seen: Seen, at: number, samples: readonly Sample[] = []): Facts {
  const { now, history } = seen;
  const told = now === undefined ? [] : [...eventsOf(seen, now), ...samples.map(countedIn)];
  const story = told.reduce((before, [event, when]) => withEvent(before, event, when), {
    ...noStory(),
    version: VERSION,
    history,
  });
  return factsOf(story, undefined, at);
}

type Told = readonly [event: PromotionEvent, at: number];

function eventsOf({ namespace, workload }: Seen, now: Progress): Told[] {
  const { from = '', to = '', by = '', startedAt, since, reason, way, stage, number, stages, weight } = now;
  // a Rollout does not say when it began
  if (startedAt === undefined || since === undefined) return [];
  const began: Told = [{ type: 'started', action: 'promote', workload, namespace, from, to, by }, startedAt];
  const of = now.weightOf === undefined ? {} : { weightOf: now.weightOf };
  const direction = now.state === 'going back' ? 'down' : 'up';
  const all = [
    ...way,
    {
      name: stage,
      direction,
      number,
      count: stages.length,
      ...(weight === undefined ? {} : { weight }),
      since,
      measured: [],
    },
  ];
  const turned = all.findIndex((each) => each.direction === 'down');
  return [
    began,
    ...all.flatMap((each, index): Told[] => {
      const { name, count, measured } = each;
      const end = all[index + 1]?.since ?? each.since;
      const isBad = index + 1 === turned;
      return [
        ...(index === turned && reason !== undefined
          ? [[{ type: 'down', reason }, each.since] as const]
          : []),
        [{ type: 'stage', index: each.number - 1, count, kind: 'weight', name }, each.since],
        ...(each.weight === undefined
          ? []
          : [[{ type: 'weight', weight: each.weight, ...of, routes: [] }, each.since] as const]),
        ...(measured.length === 0 ? [] : [[measuredIn(name, each.weight, measured, isBad), end] as const]),
      ];
    }),
  ];
}

function countedIn({ at, ...counts }: Sample): Told {
  return [{ type: 'counted', ...counts }, at];
}

function measuredIn(
  stage: string,
  weight: number | undefined,
  comparisons: Progress['way'][number]['measured'],
  isBad: boolean,
): PromotionEvent {
  return {
    type: 'measured',
    stage,
    ...(weight === undefined ? {} : { weight }),
    comparisons,
    checks: [],
    conclusive: comparisons.every(({ conclusive }) => conclusive),
    ...(isBad ? { failed: true } : {}),
  };
}
