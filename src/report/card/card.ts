import { writeFileSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import { factsOf, noStory, withEvent } from '../facts/fold.ts';
import type { Reporter } from '../reporter.ts';
import { cardData } from './data.ts';
import { templateUrl } from './template.ts';

interface CardDeps {
  /** The address of the template; the built-in template if it is not set. */
  template: string | undefined;
  /** Writes to the standard output. */
  write(text: string): void;
  /** Called if the file cannot be written. */
  warn(message: string): void;
}

/**
 * Writes the card of Drone's page once, at the outcome. A second card of a step would destroy the first.
 *
 * @param path DRONE_CARD_PATH: `/dev/stdout` of Drone's runners, or a file
 */
export function createCard(path: string, { template, write, warn }: CardDeps): Reporter {
  let story = noStory();
  return {
    event(event, at) {
      story = withEvent(story, event, at);
    },
    outcome(outcome, at) {
      const data = cardData(factsOf(story, outcome, at));
      const card = JSON.stringify({ schema: template ?? templateUrl(), data });
      // the file cannot be opened by another user than root
      if (path === '/dev/stdout') return write(escapeSequence(card));
      try {
        writeFileSync(path, card);
      } catch (error) {
        warn(`The card cannot be written: ${messageOf(error)}`);
      }
    },
  };
}

/**
 * The line that Drone's runner takes out of the log. It must begin a line, and be alone on it
 * (drone/runner-go, livelog/extractor).
 */
function escapeSequence(card: string): string {
  return `\u001b]1338;${Buffer.from(card).toString('base64')}\u001b]0m\n`;
}
