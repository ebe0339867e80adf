import { stripVTControlCharacters } from 'node:util';

/** Markup that is safe to put into a page. Only `html` makes it. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

/**
 * A template of markup. Each text between its parts is escaped, in elements and in attributes with double
 * quotes; other markup, and lists of it, are taken as they are.
 */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: texts.reduce((all, text, index) => all + markupOf(parts[index - 1]) + text) };
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  if (isList(part)) return part.map(markupOf).join('');
  return part.markup;
}

function isList(part: Html | readonly Part[]): part is readonly Part[] {
  return Array.isArray(part);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * The text as a page shows it. Terminal escapes, control characters, and characters that turn the direction
 * of the text are removed: these would show another text than the one that was written. Line by line, because an
 * escape that a line does not end would take the next one with it.
 */
export function plain(text: string): string {
  const lines = text.split('\n').map(stripVTControlCharacters);
  return lines.join('\n').replace(UNSEEN, ' ').toWellFormed();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function escaped(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A link, if the address is one of the web; otherwise only the text. */
export function link(address: string, text: string): Html {
  if (!/^https?:\/\/[^\s]+$/i.test(address)) return html`${text}`;
  return html`<a href="${address}" rel="noreferrer noopener">${text}</a>`;
}
