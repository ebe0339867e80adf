import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { type CardData, cardData } from './card/data.ts';
import { factsOf, noStory, withEvent } from './facts/fold.ts';
import type { Reporter } from './reporter.ts';

/**
 * Appends the report in short, as Markdown, to the file that GitHub shows on the page of the run.
 *
 * @param path GITHUB_STEP_SUMMARY
 * @param warn called if the file cannot be written
 */
export function createStepSummary(path: string, warn: (message: string) => void): Reporter {
  let story = noStory();
  return {
    event(event, at) {
      story = withEvent(story, event, at);
    },
    outcome(outcome, at) {
      try {
        appendFileSync(path, markdownOf(cardData(factsOf(story, outcome, at))));
      } catch (error) {
        warn(`GITHUB_STEP_SUMMARY cannot be written: ${messageOf(error)}`);
      }
    },
  };
}

/** The facts of the card as Markdown. Pure. */
export function markdownOf({ word, reason, facts, heading, next, links }: CardData): string {
  const rows = facts.map(({ title, value }) => `| ${escaped(title)} | ${escaped(value)} |`);
  return [
    `## ${escaped(word)}`,
    ...reason.split('\n').filter(Boolean).map(escaped),
    ['| | |', '|---|---|', ...rows].join('\n'),
    ...(next.length > 0 ? [`### ${escaped(heading)}`, fenced(next)] : []),
    ...links.map(({ title, url }) => `[${escaped(title)}](<${url.replaceAll(/[<>]/g, encodeURIComponent)}>)`),
  ]
    .map((block) => `${block}\n\n`)
    .join('');
}

/** A text in one line that is nothing but text: no link, no picture, no markup. */
function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>()#!|~&]/g, '\\$&');
}

/** Commands as they are; the fence is longer than each row of backticks in them. */
function fenced(lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([row]) => row.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}
