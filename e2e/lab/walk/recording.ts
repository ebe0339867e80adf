import type { Entered } from './shell.ts';

/** A step of a walk: a line that was entered, or a file that was saved. */
export type Walked = Entered | { at: number; saved: string };

/** Most lines of one answer; `setup.sh` and the Roles are long, and stand elsewhere. */
const MOST_LINES = 60;

/**
 * A walk as text: each line with the minutes and seconds since it began, what was entered behind `$`, and how long it took. Pure.
 *
 * @param masked takes out what no reader should copy, such as tokens
 */
export function recordingOf(
  title: string,
  walked: readonly Walked[],
  masked: (text: string) => string,
): string {
  const lines = walked.flatMap((each) => {
    if ('saved' in each) return [`${timeOf(each.at)} # ${each.saved} is saved, as the document shows it`];
    const { at, command, said, code, tookMs } = each;
    const kept = said.length <= MOST_LINES ? said : said.slice(0, 3);
    const first = command
      .split('\n')
      .map((line, index) => `${timeOf(at)} ${index === 0 ? '$' : '>'} ${line}`);
    const left = said.length - kept.length;
    return [
      ...first,
      ...kept.map((line) => `${timeOf(line.at)}   ${line.text}`.trimEnd()),
      ...(left > 0 ? [`${timeOf(at)}   … ${left} more lines`] : []),
      `${timeOf(at + tookMs)} # ${(tookMs / 1000).toFixed(1)} s${code === 0 ? '' : `, exit ${code}`}`,
    ];
  });
  return masked(`${title}\n\n${lines.join('\n')}\n`);
}

/** `01:02`. */
function timeOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 60), seconds % 60].map((each) => String(each).padStart(2, '0')).join(':');
}
