import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { type Html, html } from './html.ts';
import { clockTime } from './text.ts';

/** The size of each chart, in its own units; the page scales it. */
const WIDTH = 480;
const HEIGHT = 230;
const MARGIN = { left: 52, right: 14, top: 28, bottom: 26 };

/** A point: milliseconds since the epoch, and a value. A missing value interrupts the line. */
export type Point = readonly [at: number, value: number | undefined];

/** A line of a chart. */
interface Line {
  /** For the legend. */
  name: string;
  className: 'canary' | 'stable' | 'bound' | 'weight';
  points: readonly Point[];
  /** Holds each value until the next point, above a filled area. */
  isArea?: true;
}

/** A chart of values over time. */
export interface Chart {
  id: string;
  title: string;
  /** What the chart says, for people who do not see it. */
  description: string;
  lines: readonly Line[];
  /** The smallest value that the top of the chart has. */
  atLeast: number;
  /** A value at the axis, for people; empty if the axis has no mark there. */
  format: (value: number) => string;
}

interface Scales {
  x: ScaleTime<number, number>;
  y: ScaleLinear<number, number>;
}

/** The chart as SVG; undefined if there is no time between its points. */
export function drawChart({ id, title, description, lines, atLeast, format }: Chart): Html | undefined {
  const times = lines.flatMap(({ points }) => points.map(([at]) => at));
  const values = lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const [from, to] = [leastOf(times), mostOf(times)];
  if (!(to > from) || values.length === 0) return undefined;
  const scales: Scales = {
    x: scaleUtc([from, to], [MARGIN.left, WIDTH - MARGIN.right]),
    y: scaleLinear([0, Math.max(atLeast, mostOf(values))], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4),
  };
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${axes(scales, format)}${lines.map((each) => drawLine(each, scales))}${legend(lines)}</svg>`;
}

function axes({ x, y }: Scales, format: (value: number) => string): Html {
  const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
  const marked = y.ticks(4).filter((tick) => format(tick) !== '');
  const rows = marked.map((tick) => {
    const at = short(y(tick));
    return html`<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${left - 6}" y="${short(y(tick) + 4)}" text-anchor="end">${format(tick)}</text>`;
  });
  const columns = timeTicks(x).map(([tick, begin]) => {
    const at = short(x(tick));
    return html`<line class="axis" x1="${at}" x2="${at}" y1="${HEIGHT - MARGIN.bottom}" y2="${HEIGHT - MARGIN.bottom + 4}"/><text x="${short(begin + LABEL_WIDTH / 2)}" y="${HEIGHT - 7}" text-anchor="middle">${clockTime(tick.getTime())}</text>`;
  });
  return html`${rows}${columns}`;
}

/** The width of a time at the axis, in the largest letters that the style gives it. */
const LABEL_WIDTH = 62;

/** The times at the axis, each with the left edge of its label: as many as stand beside each other. */
function timeTicks(x: Scales['x']): [tick: Date, begin: number][] {
  const [least, most] = [MARGIN.left - LABEL_WIDTH / 4, WIDTH - LABEL_WIDTH];
  // a tick within a second has the label of its neighbour
  const ticks = x.ticks(4).filter((tick) => tick.getTime() % 1000 === 0);
  for (let every = 1; ; every++) {
    const labels = ticks
      .filter((_, index) => index % every === 0)
      // a label beside the edge would be cut
      .map((tick): [Date, number] => [tick, Math.min(most, Math.max(least, x(tick) - LABEL_WIDTH / 2))]);
    const isFree = labels.every(
      ([, begin], index) => begin >= (labels[index - 1]?.[1] ?? -LABEL_WIDTH) + LABEL_WIDTH,
    );
    if (isFree) return labels;
  }
}

function drawLine({ className, points, isArea }: Line, { x, y }: Scales): Html {
  const isKnown = ([, value]: Point) => value !== undefined;
  const path = line<Point>()
    .defined(isKnown)
    .digits(1)
    .x(([at]) => x(at))
    .y(([, value = 0]) => y(value));
  const filled = area<Point>()
    .defined(isKnown)
    .digits(1)
    .curve(curveStepAfter)
    .x(([at]) => x(at))
    .y0(y(0))
    .y1(([, value = 0]) => y(value));
  if (isArea) path.curve(curveStepAfter);
  const outline = html`<path class="${className}" d="${path(points) ?? ''}"/>`;
  return isArea ? html`<path class="area" d="${filled(points) ?? ''}"/>${outline}` : outline;
}

/** The names of the lines above the chart, each with a piece of its line, because colour alone says nothing to some. */
function legend(lines: readonly Line[]): Html {
  let left = MARGIN.left;
  const entries = lines.map(({ name, className }) => {
    const at = left;
    left += 44 + name.length * 7;
    return html`<path class="${className}" d="M${at},12h22"/><text class="${className}" x="${at + 28}" y="16">${name}</text>`;
  });
  return html`${entries}`;
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}

function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
