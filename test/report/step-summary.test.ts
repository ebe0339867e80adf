import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CardData } from '../../src/report/card/data.ts';
import { createStepSummary, markdownOf } from '../../src/report/step-summary.ts';
import { promotion } from './facts/stories.ts';

const DATA: CardData = {
  word: 'ABORTED',
  color: 'Attention',
  reason: 'The canary fails.\nIf it were good, this would not happen.\n\nProduction is as it was.',
  facts: [{ title: 'From', value: 'web:1.0.0' }],
  heading: 'Next',
  next: ['kubectl -n shop get pods'],
  links: [{ title: 'Build 77', url: 'https://drone.example.com/shop/web/77' }],
};

describe('report/step-summary', () => {
  it('has the verdict, the reason, the facts, the commands and the link', () =>
    assert.equal(
      markdownOf(DATA),
      [
        '## ABORTED',
        'The canary fails.',
        'If it were good, this would not happen.',
        'Production is as it was.',
        '| | |\n|---|---|\n| From | web:1.0.0 |',
        '### Next',
        '```sh\nkubectl -n shop get pods\n```',
        '[Build 77](<https://drone.example.com/shop/web/77>)',
        '',
      ].join('\n\n'),
    ));

  const hostile: [what: string, given: string, shown: string][] = [
    ['a picture', '![x](http://evil/)', '\\!\\[x\\]\\(http://evil/\\)'],
    ['markup', '<img src=x>', '\\<img src=x\\>'],
    ['a further cell and row', 'a | b\n| c', 'a \\| b \\| c'],
    ['an escape of the escape', '\\|', '\\\\\\|'],
    ['a heading', '# x', '\\# x'],
  ];
  for (const [what, given, shown] of hostile)
    it(`${what} in a value is text`, () => {
      const text = markdownOf({ ...DATA, reason: given, facts: [{ title: given, value: given }] });
      assert.ok(text.includes(`\n| ${shown} | ${shown} |\n`), text);
    });

  it('a command cannot end its fence', () => {
    const text = markdownOf({ ...DATA, next: ['```', '<b>', '````'] });
    assert.match(text, /\n`````sh\n```\n<b>\n````\n`````\n/);
  });

  it('is appended, because other steps write there, too; and a fault of it is a warning', () => {
    const folder = mkdtempSync(join(tmpdir(), 'drone-promote-summary-'));
    const warnings: string[] = [];
    try {
      const path = join(folder, 'summary.md');
      writeFileSync(path, 'before\n');
      for (const each of [path, folder]) {
        const reporter = createStepSummary(each, (message) => warnings.push(message));
        const { events, outcome, at } = promotion(10, 0.12);
        for (const [event, when] of events) reporter.event(event, when);
        reporter.outcome(outcome, at);
      }
      const text = readFileSync(path, 'utf8');
      assert.match(text, /^before\n## .*ABORTED/);
      assert.match(text, /\nIf it were as good as stable, /);
      assert.ok(text.length < 30_000, `${text.length}`);
      assert.match(warnings.join('|'), /^GITHUB_STEP_SUMMARY cannot be written: EISDIR[^|]*$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
