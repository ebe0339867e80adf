import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Outcome } from '../../outcome.ts';
import { factsOf, noStory, withEvent } from '../facts/fold.ts';
import type { Reporter } from '../reporter.ts';
import { renderPage } from './render.ts';

interface PageDeps {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Aborts when the step is cancelled. */
  cancelled: AbortSignal;
  /** Called if a file cannot be written. */
  warn(message: string): void;
}

/**
 * Writes a page and, beside it, its facts as JSON: at the outcome, and when the step is cancelled, because
 * the CI may kill the step before it comes to its outcome.
 *
 * @param path of the page; it ends in `.html`
 */
export function createPage(path: string, { now, cancelled, warn }: PageDeps): Reporter {
  let story = noStory();
  let isEnded = false;
  const write = (outcome: Outcome | undefined, at: number) => {
    try {
      writePage(path, story, outcome, at);
    } catch (error) {
      warn(`The page of \`report\` cannot be written: ${messageOf(error)}`);
    }
  };
  cancelled.addEventListener('abort', () => !isEnded && write(undefined, now()), { once: true });
  return {
    event(event, at) {
      story = withEvent(story, event, at);
    },
    outcome(outcome, at) {
      isEnded = true;
      write(outcome, at);
    },
  };
}

function writePage(
  path: string,
  story: ReturnType<typeof noStory>,
  outcome: Outcome | undefined,
  at: number,
): void {
  const facts = factsOf(story, outcome, at);
  const json = path.replace(/\.html$/, '.json');
  mkdirSync(dirname(path), { recursive: true });
  replace(json, `${JSON.stringify(facts)}\n`);
  replace(path, renderPage(facts, basename(json)));
}

/** Writes a file at once, so that a step that is killed leaves none that is cut. */
function replace(path: string, text: string): void {
  const draft = `${path}.part`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
