import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createPage } from '../../../src/report/page/page.ts';
import { promotion, START, type Told } from '../facts/stories.ts';

/** A page in a folder of its own. */
function page(t: TestContext, path = 'reports/promotion.html') {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const cancel = new AbortController();
  const warnings: string[] = [];
  const reporter = createPage(join(folder, path), {
    now: () => START,
    cancelled: cancel.signal,
    warn: (message) => void warnings.push(message),
  });
  const read = () => ({
    html: readFileSync(join(folder, path), 'utf8'),
    json: JSON.parse(readFileSync(join(folder, path.replace('.html', '.json')), 'utf8')),
  });
  return { folder, reporter, cancel, warnings, read };
}

function tell({ events, outcome, at }: Told, { reporter }: ReturnType<typeof page>): void {
  for (const [event, when] of events) reporter.event(event, when);
  reporter.outcome(outcome, at);
}

describe('report/page', () => {
  it('writes the page and its facts beside it at the outcome, and leaves nothing else', (t) => {
    const made = page(t);
    tell(promotion(100), made);
    const { html, json } = made.read();
    assert.match(html, /PROMOTED/);
    assert.match(html, /href="promotion\.json"/);
    assert.equal(json.outcome.kind, 'promoted');
    assert.deepEqual(readdirSync(join(made.folder, 'reports')).sort(), ['promotion.html', 'promotion.json']);
    assert.deepEqual(made.warnings, []);
  });

  it('writes what is known when the step is cancelled, and the outcome after it', (t) => {
    const made = page(t);
    const { events, outcome, at } = promotion(100);
    for (const [event, when] of events.slice(0, 30)) made.reporter.event(event, when);
    made.cancel.abort();
    assert.match(made.read().html, /NOT FINISHED/);
    assert.equal(made.read().json.outcome, undefined);
    made.reporter.outcome(outcome, at);
    assert.match(made.read().html, /PROMOTED/);
  });

  it('keeps the outcome if the step is cancelled after it', (t) => {
    const made = page(t);
    tell(promotion(100), made);
    made.cancel.abort();
    assert.match(made.read().html, /PROMOTED/);
  });

  it('writes a page of a run that was refused before anything happened', (t) => {
    const made = page(t);
    made.reporter.outcome({ kind: 'refused', code: 'settings', reason: 'a\nb', hints: ['c'] }, START);
    assert.match(made.read().html, /REFUSED <code>\(settings\)<\/code>/);
  });

  it('warns if it cannot be written, and does not throw', (t) => {
    const made = page(t);
    writeFileSync(join(made.folder, 'reports'), 'a file');
    tell(promotion(10), made);
    assert.match(made.warnings.join(), /^The page of `report` cannot be written: E/);
  });

  it('shows an hour in less than 150 KB, says what it leaves out, and takes less than 100 ms', (t) => {
    const made = page(t);
    const { events, outcome, at } = promotion(3600);
    for (const [event, when] of events) made.reporter.event(event, when);
    // the code is compiled before it is timed, as a busy machine would make a limit of 100 ms fail by chance
    made.reporter.outcome(outcome, at);
    const times = [1, 2, 3].map(() => {
      const began = process.hrtime.bigint();
      made.reporter.outcome(outcome, at);
      return Number(process.hrtime.bigint() - began) / 1e6;
    });
    const { html, json } = made.read();
    t.diagnostic(`page ${html.length} bytes, best of three ${Math.min(...times)} ms`);
    assert.ok(Buffer.byteLength(html) < 150_000, `${Buffer.byteLength(html)} bytes`);
    assert.ok(Math.min(...times) < 100, `${times} ms`);
    assert.match(html, new RegExp(`${json.counted.shown.length} of 3,600 measurements in the charts`));
    assert.match(html, /\d+ of 3,600 measurements in the table/);
  });
});
