import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PastOutcome } from '../../src/outcome.ts';
import { pastText } from '../../src/report/history.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const PAST: PastOutcome = {
  outcome: 'aborted',
  image: 'r:5000/web:1.0.0',
  from: 'r:5000/web:1.0.0',
  to: 'r:5000/web:1.3.0',
  reason: 'It fails.\nProduction is as it was.',
  by: 'build 77',
  at: '2026-11-24T11:31:50.123Z',
};
const { from: _, to: __, ...OLD } = PAST;

describe('report/history', () => {
  const table: [what: string, past: PastOutcome, expected: string][] = [
    [
      'an abort says which release was aborted',
      PAST,
      '11:31:50 aborted 1.3.0 (production stayed 1.0.0), by build 77: It fails.',
    ],
    [
      'a promotion',
      { ...PAST, outcome: 'promoted', weight: 100 },
      '11:31:50 promoted 1.3.0 (before: 1.0.0), by build 77',
    ],
    [
      'a promotion of what ran already',
      { ...PAST, outcome: 'promoted', from: 'r:5000/web:1.3.0' },
      '11:31:50 promoted 1.3.0 (it ran already), by build 77',
    ],
    [
      'a hold, with its weight',
      { ...PAST, outcome: 'held', weight: 20 },
      '11:31:50 held 1.3.0 at 20 % (before: 1.0.0), by build 77',
    ],
    [
      'a promotion says how long it took, and who passed its holds',
      {
        ...PAST,
        outcome: 'promoted',
        startedAt: '2026-11-24T11:27:50.123Z',
        gates: [{ at: 0, stage: 'hold', by: 'build 78 by bob' }],
      },
      '11:31:50 promoted 1.3.0 (before: 1.0.0), by build 77 in 4m; hold passed by build 78 by bob',
    ],
    [
      'another day',
      { ...PAST, at: '2026-11-23T11:31:50.123Z' },
      '2026-11-23 11:31:50 aborted 1.3.0 (production stayed 1.0.0), by build 77: It fails.',
    ],
    [
      'images of two repositories are told apart',
      { ...PAST, from: 'r:5000/old:1.0.0' },
      '11:31:50 aborted r:5000/web:1.3.0 (production stayed r:5000/old:1.0.0), by build 77: It fails.',
    ],
    [
      'digests are left out',
      { ...PAST, to: 'r:5000/web:1.3.0@sha256:abc' },
      '11:31:50 aborted 1.3.0 (production stayed 1.0.0), by build 77: It fails.',
    ],
    [
      'images without a tag are shown in full: a port is none',
      { ...PAST, from: 'r:5000/web', to: 'r:5000/web@sha256:abc' },
      '11:31:50 aborted r:5000/web@sha256:abc (production stayed r:5000/web), by build 77: It fails.',
    ],
    [
      'an entry of an older version has only the image',
      OLD,
      '11:31:50 aborted: r:5000/web:1.0.0, by build 77: It fails.',
    ],
  ];
  for (const [what, past, expected] of table) {
    it(what, () => assert.equal(pastText(past, NOON), expected));
  }
});
