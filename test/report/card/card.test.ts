import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Outcome } from '../../../src/outcome.ts';
import { createCard } from '../../../src/report/card/card.ts';

const directory = mkdtempSync(join(tmpdir(), 'drone-promote-card-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const OUTCOME: Outcome = { kind: 'promoted', reason: 'It is stable.', hints: [] };

/** What a card writes to the standard output, and its warnings. */
function told(path: string, template?: string): { writes: string[]; warnings: string[] } {
  const writes: string[] = [];
  const warnings: string[] = [];
  const card = createCard(path, {
    template,
    write: (text) => writes.push(text),
    warn: (message) => warnings.push(message),
  });
  card.event({ type: 'note', message: 'x' }, 0);
  card.outcome(OUTCOME, 1_000);
  return { writes, warnings };
}

/** What Drone's runner takes out of one write; undefined if the write is a line of the log. */
function extracted(write: string): { schema: string; data: { word: string } } | undefined {
  const [prefix, suffix] = ['\u001b]1338;', '\u001b]0m'];
  if (!write.startsWith(prefix)) return undefined;
  const end = write.indexOf(suffix);
  assert.equal(write.slice(end), `${suffix}\n`, 'nothing follows on the line');
  return JSON.parse(Buffer.from(write.slice(prefix.length, end), 'base64').toString());
}

describe('report/card, the file', () => {
  it('is one write to the standard output, which the runner takes out of the log', () => {
    const { writes } = told('/dev/stdout');
    assert.equal(writes.length, 1);
    const card = extracted(writes[0] ?? '');
    assert.equal(card?.data.word, 'PROMOTED');
    assert.match(card?.schema ?? '', /^data:application\/json/);
  });

  it('is plain JSON in any other file', () => {
    const path = join(directory, 'card.json');
    assert.deepEqual(told(path), { writes: [], warnings: [] });
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).data.word, 'PROMOTED');
  });

  it('names a template of the user', () => {
    const { writes } = told('/dev/stdout', 'https://cards.example.com/x.json');
    assert.equal(extracted(writes[0] ?? '')?.schema, 'https://cards.example.com/x.json');
  });

  it('warns if the file cannot be written, and does not throw', () => {
    const { warnings } = told(join(directory, 'missing', 'card.json'));
    assert.match(warnings.join(), /^The card cannot be written: ENOENT/);
  });
});
