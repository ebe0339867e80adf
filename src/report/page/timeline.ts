import { formatDuration } from '../../duration.ts';
import { drawChart, type Point } from './chart.ts';
import type { Facts, StageFact } from './facts.ts';
import { type Html, html } from './html.ts';
import { clockTime, leftOut, section, table } from './text.ts';

/** The way of the promotion: the weight over time, and each stage with what it waited for. */
export function timeline({ stages, at, down }: Facts): Html | undefined {
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
    weightChart(stages.shown, at),
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

function weightChart(stages: readonly StageFact[], at: number): Html | undefined {
  const points = stages.map(({ from, weight = 0 }): Point => [from, weight]);
  const end = stages.at(-1)?.to ?? at;
  const isWeighted = stages.some(({ weight = 0 }) => weight > 0);
  if (!isWeighted) return undefined;
  const chart = drawChart({
    id: 'weight',
    title: 'Users on the canary over time',
    description: `The weight in percent: ${stages.map(({ name, weight = 0, from }) => `${clockTime(from)} ${name}, ${weight} %`).join('; ')}.`,
    lines: [
      {
        name: 'users on the canary',
        className: 'weight',
        points: [...points, [end, stages.at(-1)?.weight ?? 0]],
        isArea: true,
      },
    ],
    atLeast: 100,
    format: (value) => `${value} %`,
  });
  return chart && html`<div class="charts"><figure>${chart}</figure></div>`;
}
