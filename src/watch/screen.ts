import { styleText } from 'node:util';
import type { Waiting } from './keel.ts';
import type { Row } from './lines.ts';
import type { Sampled } from './samples.ts';
import type { Seen } from './seen.ts';

/** What is shown at one moment. */
export interface Picture {
  title: string;
  /** What the rows are about. */
  seen: readonly Seen[];
  /** The counts that were seen until now. */
  sampled: readonly Sampled[];
  /** Approvals at Keel that wait for votes. */
  waiting: readonly Waiting[];
  rows: readonly Row[];
  details: readonly string[];
  notes: readonly string[];
  /** Now, in milliseconds since the epoch. */
  at: number;
}

/** Shows pictures, one after another. */
export interface Screen {
  show(picture: Picture): void;
}

/** The size of a terminal. */
interface Size {
  columns: number;
  rows: number;
}

const COLOURS = { good: 'green', bad: 'red', wait: 'yellow', calm: 'cyan' } as const;

/**
 * A terminal: each picture takes the place of the one before. A line that is too long is cut, and so is a list
 * that is too long, because the cursor could not go back over lines that have left the screen.
 */
export function terminalScreen(write: (text: string) => void, size: () => Size, colour: boolean): Screen {
  let height = 0;
  return {
    show({ title, rows, details, notes, at }) {
      const { columns, rows: most } = size();
      const paint = (tone: Row['tone'], text: string) =>
        colour ? styleText(COLOURS[tone], text, { validateStream: false }) : text;
      const lines = [
        cut(`${timeOf(at)} ${title}`, columns),
        ...rows.flatMap(({ tone, text, soft, counts }) => [
          paint(tone, cut([text, soft].filter(Boolean).join(', '), columns)),
          ...(counts === '' ? [] : [cut(`  ${counts}`, columns)]),
        ]),
        ...details.map((line) => cut(`  ${line}`, columns)),
        ...notes.map((line) => cut(line, columns)),
      ];
      const fit = Math.max(1, most - 1);
      const shown =
        lines.length <= fit
          ? lines
          : [...lines.slice(0, fit - 1), cut(moreText(lines.length - fit + 1), columns)];
      const back = height > 0 ? `\u001b[${height}A\r\u001b[J` : '';
      // a wide character could wrap a line that was counted as one
      write(`\u001b[?7l${back}${shown.map((line) => `${line}\n`).join('')}\u001b[?7h`);
      height = shown.length;
    },
  };
}

function moreText(count: number): string {
  return `… ${count} more lines; a larger window or --namespace shows them`;
}

/** Counts are written so often to a file or a pipe, because they change with each look. */
const COUNTS_MS = 60_000;

/** A file or a pipe: each line once, and again if it says something new. The time that is left is not new. */
export function plainScreen(write: (text: string) => void): Screen {
  let known: ReadonlySet<string> = new Set();
  let countedAt = Number.NEGATIVE_INFINITY;
  return {
    show({ title, rows, details, notes, at }) {
      const lines = [
        ...notes,
        ...(rows.length > 0 ? [] : [title]),
        ...rows.map(({ text }) => text),
        ...details.map((line) => `  ${line}`),
      ];
      for (const line of lines) if (!known.has(line)) write(`${timeOf(at)} ${line}\n`);
      known = new Set(lines);
      const counted = rows.filter(({ counts }) => counts !== '');
      if (counted.length === 0 || at - countedAt < COUNTS_MS) return;
      countedAt = at;
      for (const { name, counts } of counted) write(`${timeOf(at)} ${name}  ${counts}\n`);
    },
  };
}

/** `20:31:50`, in UTC as the log has it. */
function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`.toWellFormed();
}
