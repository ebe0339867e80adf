import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;

/** A block of code in a document. */
export interface Block {
  /** `docs/keel.md:12`, of its first line. */
  where: string;
  language: string;
  text: string;
}

/** The documents for people: at the top, and below docs/ except the records of decisions. */
export function documents(): string[] {
  const top = readdirSync(ROOT).filter((file) => file.endsWith('.md'));
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const docs = below.filter((file) => file.endsWith('.md') && !file.startsWith('decisions'));
  return [...top, ...docs.map((file) => join('docs', file))].sort();
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The blocks between fences, those in a list among them, without the indent of their fence. */
export function blocks(): Block[] {
  return documents().flatMap((file) => {
    const text = read(file);
    const found = text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm);
    return [...found].map(({ index, 1: indent = '', 2: language = '', 3: body = '' }) => ({
      where: `${file}:${text.slice(0, index).split('\n').length}`,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }));
  });
}
