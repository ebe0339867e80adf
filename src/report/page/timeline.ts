import { formatDuration } from '../../duration.ts';
import type { Facts, StageFact } from '../facts/facts.ts';
import { drawChart, type Point } from './chart.ts';
import { type Html, html } from './html.ts';
import { clockTime, leftOut, section, table } from './text.ts';

/** The way of the promotion: the weight over time, and each stage with what it waited for. */
export function timeline(facts: Facts): Html | undefined {
  const { stages, at, down } = facts;
  const rows = stages.shown.map((stage) => [
    html`<span class="t">${clockTime(stage.from)}</span>`,
    stage.name,
    stage.weight === undefined ? '' : `${stage.weight} %`,
    lengthText(stage, at),
    html`${stage.notes.shown.map((note) => html`<div>${note}</div>`)}${leftOut(stage.notes, 'notes')}`,
  ]);
  return section(
    'Timeline',
    down === undefined ? undefined : html`<p class="no">Rolled back: ${down}</p>`,
    weightChart(facts),
    table('Stages, times in UTC', ['Time', 'Stage', '#Weight', '#Took', 'What happened'], rows),
    leftOut(stages, 'stages'),
  );
}

/** How long a stage took, or how much of its time is left. */
function lengthText({ from, to, plannedMs }: StageFact, at: number): string {
  if (to !== undefined) return formatDuration(to - from);
  const left = plannedMs === undefined ? 0 : from + plannedMs - at;
  return left > 0 ? `running, ${formatDuration(left)} left` : 'running';
}

function weightChart({ weights: { shown }, weightOf, stages, at }: Facts): Html | undefined {
  const end = Math.max(stages.shown.at(-1)?.to ?? at, shown.at(-1)?.at ?? 0);
  const begin = Math.min(stages.shown[0]?.from ?? end, shown[0]?.at ?? end);
  if (shown.length === 0) return undefined;
  const said = shown.map((each) => `${clockTime(each.at)} ${each.weight} %`);
  const chart = drawChart({
    id: 'weight',
    title: weightOf === 'pods' ? 'Pods that run the release over time' : 'Users on the canary over time',
    description: `The weights that were written: ${said.join(', ')}. The table below has the stages.`,
    lines: [
      {
        name: weightOf === 'pods' ? 'pods that run the release' : 'users on the canary',
        className: 'weight',
        points: [
          [begin, 0],
          ...shown.map((each): Point => [each.at, each.weight]),
          [end, shown.at(-1)?.weight ?? 0],
        ],
        isArea: true,
      },
    ],
    atLeast: 100,
    format: (value) => `${value} %`,
  });
  return chart && html`<div class="charts"><figure>${chart}</figure></div>`;
}
