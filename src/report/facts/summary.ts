import type { Outcome } from '../../outcome.ts';
import type { Facts } from './facts.ts';

/** How an outcome is to be taken. `calm`: as it was asked for; `wait`: a person has to do something. */
export type Tone = 'good' | 'bad' | 'wait' | 'calm';

const TONES: Readonly<Record<Outcome['kind'], Tone>> = {
  promoted: 'good',
  held: 'wait',
  aborted: 'bad',
  superseded: 'wait',
  refused: 'bad',
  stuck: 'bad',
  shown: 'calm',
};

/** The tone of an outcome; `wait` before there is one. */
export function toneOf(outcome: Outcome | undefined): Tone {
  if (!outcome) return 'wait';
  // the person who asked for it is not to be alarmed
  return outcome.kind === 'aborted' && outcome.requested ? 'calm' : TONES[outcome.kind];
}

/** The verdict in one word. */
export function verdictWord({ outcome }: Facts): string {
  return outcome ? outcome.kind.toUpperCase() : 'NOT FINISHED';
}

/** The reason of the outcome, or why there is none. */
export function reasonText({ outcome }: Facts): string {
  return outcome?.reason ?? 'The step was cancelled; this was written before the promotion came to its end.';
}

/** What production runs now, and what would have noticed a bad release. */
export function productionText({ outcome, watchers }: Facts): string[] {
  if (!outcome) return [];
  const { kind, image, weight, weightOf = 'users', from, to, watched, reason } = outcome;
  const isSaid = image !== undefined && reason.includes(image);
  const texts: string[] = [];
  if (kind === 'refused') texts.push('Nothing was changed.');
  else if (weight !== undefined && weight > 0 && weight < 100 && from && to)
    texts.push(`Now ${weight} % of the ${weightOf} get ${to}; the others get ${from}.`);
  else if (kind === 'promoted' && image) texts.push(`Production runs ${image} for all users.`);
  else if (kind === 'aborted' && image && !isSaid) texts.push(`Production runs ${image}.`);
  if (watched?.length === 0) texts.push('Unwatched: nothing would have noticed a bad release.');
  else if (watched) texts.push(`A bad release would have been noticed by ${watched.join(', ')}.`);
  const absent = watchers.filter(({ state }) => state === 'unavailable');
  if (absent.length > 0)
    texts.push(`Not by ${absent.map(({ name, detail }) => `${name} (${detail})`).join(', ')}.`);
  return texts;
}

/** Who promoted, without the address of the build, which has a row of its own. */
export function withoutLink(by: string | undefined): string | undefined {
  return by?.replace(/ \(https?:\/\/[^\s)]*\)$/, '');
}
