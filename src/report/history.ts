import { formatDuration } from '../duration.ts';
import type { PastOutcome } from '../outcome.ts';

/**
 * An entry of the history as a line: `20:31:50 aborted 1.3.0 (production stayed 1.0.0), by build 77 in 4m:
 * 9 of 20 requests failed`. The day is left out if it is today.
 *
 * @param at now, in milliseconds since the epoch
 */
export function pastText(past: PastOutcome, at: number): string {
  const { outcome, startedAt, at: ended, reason, gates = [] } = past;
  const tookMs = Date.parse(ended) - Date.parse(startedAt ?? '');
  const took = tookMs >= 1_000 ? ` in ${formatDuration(tookMs)}` : '';
  const passed = gates.map(({ stage, by }) => `; ${stage} passed by ${by}`).join('');
  const [why = ''] = reason.split('\n');
  const isGood = outcome === 'promoted' || outcome === 'held' || why === '';
  return `${lineOf(past, at)}${took}${passed}${isGood ? '' : `: ${why}`}`;
}

function lineOf({ outcome, image, from, to, weight, by, at: ended }: PastOutcome, at: number): string {
  const today = new Date(at).toISOString().slice(0, 10);
  const [day = '', time = ''] = ended.slice(0, 19).split('T');
  const when = day === today ? time : `${day} ${time}`;
  // an entry of an older version has only the image that runs since
  if (to === undefined || from === undefined) return `${when} ${outcome}: ${image}, by ${by}`;
  const [was, is] = shortened(from, to);
  switch (outcome) {
    case 'promoted':
      if (was === is) return `${when} promoted ${is} (it ran already), by ${by}`;
      return `${when} promoted ${is} (before: ${was}), by ${by}`;
    case 'aborted':
      return `${when} aborted ${is} (production stayed ${was}), by ${by}`;
    default:
      return `${when} ${outcome} ${is}${weight ? ` at ${weight} %` : ''} (before: ${was}), by ${by}`;
  }
}

/** Two images of one repository by their tags only, others in full. */
function shortened(from: string, to: string): [from: string, to: string] {
  const [one, other] = [from, to].map(splitTag);
  if (!one || !other || one.repository !== other.repository || !one.tag || !other.tag) return [from, to];
  return [one.tag, other.tag];
}

function splitTag(image: string): { repository: string; tag: string } {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  if (colon <= name.lastIndexOf('/')) return { repository: name, tag: '' };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}
