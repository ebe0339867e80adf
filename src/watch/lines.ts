import { formatDuration } from '../duration.ts';
import type { Progress } from '../progress.ts';
import { plain } from '../report/facts/plain.ts';
import { pastText } from '../report/history.ts';
import { newsIn } from '../report/progress.ts';
import { ratesText } from '../report/rates.ts';
import { checksText, shareText } from '../sentences.ts';
import type { Followed } from './followed.ts';
import { keyOf, type Seen } from './seen.ts';

/** One line for one workload. */
export interface Row {
  key: string;
  /** Namespace and workload, as the text begins. */
  name: string;
  tone: 'good' | 'bad' | 'wait' | 'calm';
  /** What stays the same while nothing happens. */
  text: string;
  /** What changes with the time alone, such as the time that is left. */
  soft: string;
  /** The counts of the stage until now; empty if there are none. */
  counts: string;
  /** Where more is to be seen; by default on the page itself. */
  link?: string;
}

/** What the lines are made of. */
export interface View {
  seen: readonly Seen[];
  /** Promotions that were in progress in this run of the program. */
  followed: readonly Followed[];
  /** The keys of promotions whose holder has not renewed the lock in time. */
  silent: ReadonlySet<string>;
  /** Now, in milliseconds since the epoch. */
  at: number;
}

const TONES: Readonly<Record<Progress['state'], Row['tone']>> = {
  promoting: 'calm',
  held: 'wait',
  'going back': 'bad',
  degraded: 'bad',
};

/** A line for each promotion in progress, and for those that have ended since the program began. */
export function rowsOf(view: View): Row[] {
  const keys = new Set(view.followed.map(({ key }) => key));
  const shown = view.seen.filter((each) => each.now || each.fault !== undefined || keys.has(keyOf(each)));
  const named = shown.map((each) => [each.namespace, each.workload].map(oneLine));
  const widths = [0, 1].map((column) => Math.max(0, ...named.map((names) => names[column]?.length ?? 0)));
  return shown
    .map((each, index) => ({
      ...rowOf(each, view),
      head: (named[index] ?? []).map((name, column) => name.padEnd(widths[column] ?? 0)).join('  '),
    }))
    .map(({ head, text, ...row }) => ({ ...row, name: head, text: `${head}  ${text}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function rowOf(seen: Seen, { silent, at }: View): Omit<Row, 'name'> {
  const { now, history, fault } = seen;
  const key = keyOf(seen);
  if (fault !== undefined) return { key, tone: 'bad', text: oneLine(fault), soft: '', counts: '' };
  if (!now) {
    const [last] = history;
    const isGood = last === undefined || last.outcome === 'promoted';
    const text = last ? pastText(last, at) : 'the promotion has ended';
    return { key, tone: isGood ? 'good' : 'bad', text: oneLine(text), soft: '', counts: '' };
  }
  const text = [
    stateText(now),
    stageText(now),
    isAlone(now) && 'nobody holds the lock',
    silent.has(key) && SILENT,
  ];
  return {
    key,
    tone: silent.has(key) || isAlone(now) ? 'wait' : TONES[now.state],
    text: oneLine(text.filter(Boolean).join(', ')),
    soft: leftText(now, at),
    counts: oneLine(countsText(now)),
  };
}

/** `canary 2 of 1,204 failed, stable 5 of 22,118; the canary got 60 of the last 600 requests (10 %)` */
function countsText({ counted }: Progress): string {
  if (!counted) return '';
  const { comparisons, share } = counted;
  const shares = share === undefined ? [] : [shareText(share.canary, share.total)];
  return [...newsIn(comparisons), ...shares].join('; ');
}

const SILENT = 'the holder has not renewed the lock in time';

/** A step has been killed, and neither a guard nor another step has taken the promotion over. */
function isAlone({ state, holder, by }: Progress): boolean {
  return by !== undefined && state !== 'held' && holder === undefined;
}

function stateText({ state, weight, to }: Progress): string {
  const share = weight === undefined ? '' : ` at ${weight} %`;
  return `${state}${share}${to === undefined ? '' : `, ${shortImage(to)}`}`;
}

function stageText({ stage, number, stages, checks }: Progress): string {
  const own = checks === undefined ? '' : ` with ${checksText(checks)}`;
  return stages.length === 0 ? stage : `stage ${number} of ${stages.length} "${stage}"${own}`;
}

function leftText({ state, endsAt, since }: Progress, at: number): string {
  if (endsAt !== undefined && endsAt > at) return `${formatDuration(endsAt - at)} left`;
  if (since === undefined || at - since < 1000) return '';
  return `${state === 'held' ? 'held for' : 'for'} ${formatDuration(at - since)}`;
}

/** An image without its registry and its digest, which would fill the line. */
function shortImage(image: string): string {
  const [name = ''] = image.split('@');
  return name.slice(name.lastIndexOf('/') + 1);
}

/** All that is known of one workload, below its line. */
export function detailsOf(seen: Seen, at: number): string[] {
  const { now, history } = seen;
  const lines = now ? progressLines(now) : ['no promotion is in progress'];
  const past = history.map((each) => pastText(each, at));
  const rates = ratesText(history);
  return [...lines, ...past, ...(rates === undefined ? [] : [rates])].map(oneLine);
}

function progressLines({
  from,
  to,
  by,
  startedAt,
  stages,
  number,
  holder,
  reason,
  watchers,
}: Progress): string[] {
  const begun = startedAt === undefined ? '' : `, since ${new Date(startedAt).toISOString().slice(0, 19)}Z`;
  const way = stages.map((name, index) => (index + 1 === number ? `[${name}]` : name));
  return [
    ...(to === undefined ? [] : [`from ${from} to ${to}`]),
    ...(by === undefined ? [] : [`by ${by}${begun}`]),
    ...(way.length === 0 ? [] : [`stages: ${way.join(' → ')}`]),
    ...(reason === undefined ? [] : [`reason: ${reason}`]),
    ...(by === undefined
      ? []
      : [holder === undefined ? 'nobody holds the lock' : `the lock is held by ${holder}`]),
    ...(watchers.length === 0 ? [] : [`a bad release would be noticed by: ${watchers.join(', ')}`]),
  ];
}

/** A text of the cluster in one line, without what would move the cursor of a terminal. */
export function oneLine(text: string): string {
  return plain(text).replaceAll('\n', ' ');
}
