import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Act } from './read-document.ts';
import type { Walked } from './recording.ts';
import type { Entered, Shell } from './shell.ts';

/** Where a document cannot be followed to the letter in the lab. */
export interface Replacement {
  /** A part of a line or of a file. */
  what: string | RegExp;
  /** Instead of it; undefined leaves out the whole line. */
  by: string | undefined;
  why: string;
}

export interface WalkOptions {
  shell: Shell;
  /** The folder that files are saved in. */
  folder: string;
  replacements: readonly Replacement[];
  /** After each line. */
  after?(entered: Entered): Promise<void>;
  /** Compares the log that the document shows with what the last line has printed. */
  compare?(shown: string, seen: string, of: string): void;
}

/**
 * Follows a document: saves its files, enters its lines, and compares its logs. Throws at the first line that fails, and if a replacement
 * was not needed.
 */
export async function walk(acts: readonly Act[], options: WalkOptions): Promise<Walked[]> {
  const { shell, folder, replacements, after, compare } = options;
  const needed = new Set<Replacement>();
  const walked: Walked[] = [];
  let seen = '';
  for (const act of acts) {
    const text = replaced(act.text, replacements, needed);
    if (act.kind === 'log') compare?.(act.text, seen, act.of);
    else if (text !== undefined && act.kind === 'file') {
      const path = join(folder, act.name);
      // a pipeline is added to those that are there
      const before =
        act.name === '.drone.yml' && existsSync(path) ? `${readFileSync(path, 'utf8')}---\n` : '';
      writeFileSync(path, before + text);
      walked.push({ at: shell.now(), saved: act.name });
    } else if (text !== undefined) {
      const entered = await shell.enter(text);
      seen = `${entered.said.map((line) => line.text).join('\n')}\n`;
      walked.push(entered);
      assert.equal(entered.code, 0, `${act.section}: ${text}\n${seen}`);
      await after?.(entered);
    }
  }
  const idle = replacements.filter((each) => !needed.has(each)).map(({ what }) => String(what));
  assert.deepEqual(idle, [], 'replacements that the document does not need');
  return walked;
}

/** The text as it can be followed here; undefined if it is left out. Adds what it used to `needed`. */
export function replaced(
  text: string,
  replacements: readonly Replacement[],
  needed: Set<Replacement>,
): string | undefined {
  let result: string | undefined = text;
  for (const each of replacements) {
    const { what, by } = each;
    if (result === undefined || !(typeof what === 'string' ? result.includes(what) : what.test(result)))
      continue;
    needed.add(each);
    result =
      by === undefined
        ? undefined
        : result.replaceAll(typeof what === 'string' ? what : new RegExp(what, `${what.flags}g`), by);
  }
  return result;
}
