import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { read } from './blocks.ts';

interface Row {
  reports: string[];
  here: string;
  tests: string[];
}

/** `argo-rollouts#1, PR#2, kuma#3` as `argo-rollouts#1`, `argo-rollouts#2`, `kuma#3`. */
function reportsIn(text: string): string[] {
  const found: string[] = [];
  let of = '';
  for (const [, name = '', number] of text.matchAll(
    /(?:(?<![\w-])([a-z][\w./-]*)(?: PR)?|\bPR)?(?:#| GEP-)(\d+)\b/g,
  )) {
    if (name !== '') of = name;
    found.push(`${of}#${number}`);
  }
  return found;
}

const ROWS: Row[] = read('docs/reports.md')
  .split('\n')
  .filter((line) => /^\| [^|]*(#|GEP-)\d/.test(line))
  .map((line) => {
    const [, reports = '', , here = '', test = ''] = line.split(' | ').join('|').split('|');
    return {
      reports: reportsIn(reports),
      here,
      tests: [...test.matchAll(/`([^`]+)`/g)].map(([, path = '']) => `test/${path}.test.ts`),
    };
  });

/** The names of the tests in a file: the texts in quotes that have a number of a report. */
function namesIn(file: string): string[] {
  return existsSync(new URL(`../../${file}`, import.meta.url))
    ? [...read(file).matchAll(/^\s*(?:it\()?(['"`])([^\n]*(?:#|GEP-)\d[^\n]*)\1,/gm)].map(
        ([, , name = '']) => name,
      )
    : [];
}

describe('docs/reports.md', () => {
  it('reads the rows', () => assert.ok(ROWS.length > 60, `${ROWS.length}`));

  it('reads a list of numbers', () =>
    assert.deepEqual(reportsIn('flagger PR#736, #1444; envoyproxy/gateway#9: x, argo-rollouts PR#2'), [
      'flagger#736',
      'flagger#1444',
      'envoyproxy/gateway#9',
      'argo-rollouts#2',
    ]));

  for (const { reports, here, tests } of ROWS) {
    it(`${reports.join(', ')}: ${tests.join(', ') || 'cannot happen'}`, () => {
      assert.equal(tests.length === 0, here.startsWith('cannot happen: '), here);
      const known = tests.map((file) => namesIn(file).flatMap(reportsIn));
      if (tests.length > 0) {
        const untested = reports.filter((report) => !known.some((each) => each.includes(report)));
        assert.deepEqual(untested, [], 'no test has the number in its name');
      }
      const idle = tests.filter((_, index) => !reports.some((report) => known[index]?.includes(report)));
      assert.deepEqual(idle, [], 'has no test of them');
    });
  }

  it('names a report once', () => {
    const all = ROWS.flatMap(({ reports }) => reports);
    assert.deepEqual(
      all.filter((report, index) => all.indexOf(report) !== index),
      [],
    );
  });

  it('has every report of its files', () => {
    const listed = new Set(ROWS.flatMap(({ reports }) => reports));
    const files = new Set(ROWS.flatMap(({ tests }) => tests));
    const named = [...files].flatMap((file) => namesIn(file).flatMap(reportsIn));
    assert.deepEqual(
      named.filter((report) => !listed.has(report)),
      [],
    );
  });
});
