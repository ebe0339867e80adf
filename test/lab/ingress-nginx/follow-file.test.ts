import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { followFile } from '../../../e2e/lab/ingress-nginx/node/follow-file.ts';

describe('a log that is followed', () => {
  let folder = '';
  let seen: string[] = [];
  let stop = () => {};

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-log-'));
    seen = [];
    stop = followFile(join(folder, 'controller.log'), {
      onLines: (lines) => seen.push(...lines),
      onRestart: () => seen.push('restarted'),
    });
  });
  afterEach(() => {
    stop();
    rmSync(folder, { recursive: true });
  });

  async function sees(expected: string[]): Promise<void> {
    for (let turn = 0; turn < 100 && seen.length < expected.length; turn += 1) await sleep(20);
    assert.deepEqual(seen, expected);
  }

  it('is read line by line, a line that comes in two parts once it is whole', async () => {
    const path = join(folder, 'controller.log');
    writeFileSync(path, 'one\ntw');
    await sees(['one']);
    appendFileSync(path, 'o\nthree ä\n');
    await sees(['one', 'two', 'three ä']);
  });

  it('is read to its end, and then the one that takes its place', async () => {
    const path = join(folder, 'controller.log');
    writeFileSync(path, 'one\n');
    await sees(['one']);
    appendFileSync(path, 'two\n');
    renameSync(path, `${path}.before`);
    writeFileSync(path, 'three\n');
    await sees(['one', 'two', 'restarted', 'three']);
  });
});
