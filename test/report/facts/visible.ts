import { stripVTControlCharacters } from 'node:util';

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

/** The text of a page, as somebody reads it. */
export function textOf(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

/** A text without the characters that no page shows. */
export function visible(given: string): string {
  return stripVTControlCharacters(given)
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .trim();
}
