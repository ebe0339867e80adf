import { stripVTControlCharacters } from 'node:util';

/**
 * The text as a reader may see it. Terminal escapes, control characters, and characters that turn the direction
 * of the text are removed: these would show another text than the one that was written. Line by line, because an
 * escape that a line does not end would take the next one with it.
 */
export function plain(text: string): string {
  const lines = text.split('\n').map(stripVTControlCharacters);
  return lines.join('\n').replace(UNSEEN, ' ').toWellFormed();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
