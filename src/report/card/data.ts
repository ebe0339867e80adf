import { formatDuration } from '../../duration.ts';
import type { ComparisonResult } from '../../measurements.ts';
import { comparisonText, isWithoutBound } from '../../sentences.ts';
import type { Facts } from '../facts/facts.ts';
import { plain } from '../facts/plain.ts';
import { productionText, reasonText, type Tone, toneOf, verdictWord, withoutLink } from '../facts/summary.ts';
import { linkOfBuild } from '../web-address.ts';

interface Titled {
  title: string;
  value: string;
}

/** What the card shows. Every field is always there (see TEMPLATE). */
export interface CardData {
  word: string;
  /** A colour of Adaptive Cards. */
  color: 'Good' | 'Attention' | 'Warning' | 'Default';
  reason: string;
  facts: readonly Titled[];
  /** The heading of the next steps; empty if there are none. */
  heading: string;
  next: readonly string[];
  links: readonly { title: string; url: string }[];
}

const COLORS: Readonly<Record<Tone, CardData['color']>> = {
  good: 'Good',
  bad: 'Attention',
  wait: 'Warning',
  calm: 'Default',
};

/** The most lines and characters, so that a card stays below the 64 KiB that Drone keeps with MySQL. */
const MOST = { facts: 24, lines: 24, text: 600 };

/** The data of the card. Pure. */
export function cardData(facts: Facts): CardData {
  const { outcome } = facts;
  const next = (outcome?.hints ?? [])
    .flatMap((hint) => hint.split('\n'))
    .filter((line) => line.trim() !== '');
  return {
    word: verdictWord(facts),
    color: COLORS[toneOf(outcome)],
    reason: [reasonText(facts), ...productionText(facts)].map(text).join('\n\n'),
    facts: factsOf(facts).slice(0, MOST.facts),
    heading: next.length > 0 ? 'Next' : '',
    next: next.slice(0, MOST.lines).map(text),
    links: linksOf(facts),
  };
}

function factsOf(facts: Facts): Titled[] {
  const { outcome, subject, build, startedAt, at } = facts;
  const workload = outcome?.workload ?? subject?.workload;
  const namespace = outcome?.namespace ?? subject?.namespace;
  const took = outcome?.durationMs ?? (startedAt === undefined ? undefined : at - startedAt);
  const rows: [title: string, value: string | undefined][] = [
    ['From', outcome?.from ?? subject?.from],
    ['To', outcome?.to ?? subject?.to],
    ['Workload', workload && (namespace ? `${workload} in namespace ${namespace}` : workload)],
    ['Target', build?.target],
    ['Promoted by', withoutLink(subject?.by ?? build?.who)],
    ['Took', took === undefined ? undefined : formatDuration(took)],
    ...(outcome?.gates ?? []).map(({ stage, by }): [string, string | undefined] => [
      `Passed ${stage}`,
      withoutLink(by),
    ]),
    ['Largest weight', outcome?.reachedWeight === undefined ? undefined : `${outcome.reachedWeight} %`],
    ...facts.measured.map(({ stage, comparisons }): [string, string] => [
      stage || 'Requests',
      comparisons.filter(isComparison).map(comparisonText).join('; '),
    ]),
    ...facts.checks.map(({ name, passed }): [string, string] => [
      `Check ${name}`,
      passed === undefined ? 'not measured' : passed ? 'passed' : 'failed',
    ]),
  ];
  return rows.flatMap(([title, value]) => (value ? [{ title: text(title), value: text(value) }] : []));
}

/** Whether there was something to compare with: at 100 % stable has no requests. */
function isComparison(comparison: ComparisonResult): boolean {
  return comparison.reference.requests > 0 && !isWithoutBound(comparison);
}

function linksOf({ build }: Facts): CardData['links'] {
  const url = linkOfBuild(build);
  return url === undefined ? [] : [{ title: `Build ${build?.number}`, url }];
}

/** A text of a reasonable length that makes no link: a reader of cards takes `[text](address)` for one. */
function text(given: string): string {
  const clean = plain(given).replaceAll('](', '] (');
  return clean.length <= MOST.text ? clean : `${clean.slice(0, MOST.text)}…`;
}
