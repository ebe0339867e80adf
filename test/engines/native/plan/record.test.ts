import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeHistory,
  decodeRecord,
  encodeRecord,
  entered,
  withOutcome,
} from '../../../../src/engines/native/plan/record.ts';
import { PromoteError } from '../../../../src/errors.ts';
import type { ComparisonResult } from '../../../../src/measurements.ts';
import type { PastOutcome } from '../../../../src/outcome.ts';
import { plan, record } from '../fixtures.ts';

const LEASE = 'drone-promote-web';

function refusalOf(text: string): PromoteError {
  try {
    decodeRecord(text, LEASE);
  } catch (error) {
    if (error instanceof PromoteError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const past = (count: number): PastOutcome => ({
  outcome: 'promoted',
  image: `web:${count}`,
  reason: 'it is the stable version',
  by: `build ${count}`,
  at: '2026-11-24T12:00:00.000Z',
});

describe('engines/native/plan/record', () => {
  it('comes out as it went in', () => {
    const whole = record({
      direction: 'down',
      stage: 1,
      since: 5,
      reachedAt: 7,
      reason: 'a "quoted" reason,\nof two lines: ü 🐦',
      hints: ['kubectl get pods'],
      restore: true,
      drain: false,
      plan: plan({ steps: [{ kind: 'hold' }, { kind: 'weight', weight: 5, holdMs: 1 }] }),
    });
    assert.deepEqual(decodeRecord(encodeRecord(whole), LEASE), whole);
  });

  it('keeps the stages that were left, with what was measured, and not without a bound', () => {
    const comparisons: ComparisonResult[] = [
      {
        what: 'failed',
        canary: { requests: 9, bad: 0 },
        reference: { name: 'stable', requests: 90, bad: 0 },
        conclusive: true,
        source: 'router',
      },
    ];
    const event = { type: 'measured', stage: '10 %', comparisons, checks: [], conclusive: true } as const;
    const first = entered(record({ stage: 0, since: 5, reachedAt: 6 }), 1, 9, [event]);
    const second = entered(first, 2, 12);
    assert.deepEqual(second.way, [
      { direction: 'up', stage: 0, since: 5, measured: comparisons },
      { direction: 'up', stage: 1, since: 9 },
    ]);
    let many = second;
    for (let time = 13; time < 113; time++) many = entered(many, 2, time);
    assert.deepEqual([many.way?.length, many.way?.at(-1)?.since], [40, 111]);
  });

  it('refuses a record that is not JSON, and says how to be rid of it', () => {
    for (const text of ['', '{', 'web:1.1.0', '{"version":1']) {
      const error = refusalOf(text);
      assert.equal(error.code, 'record');
      assert.match(
        error.message,
        /The record in Lease\/drone-promote-web is not JSON; somebody has edited it/,
      );
      assert.match(error.hint ?? '', /kubectl delete lease drone-promote-web/);
      assert.ok(error.cause instanceof SyntaxError);
    }
  });

  const versions: [text: string, version: string][] = [
    ['{"version":2,"plan":{}}', '2'],
    ['{"version":"1"}', '1'],
    ['{}', 'undefined'],
    ['null', 'undefined'],
    ['[1]', 'undefined'],
    ['1', 'undefined'],
  ];
  for (const [text, version] of versions) {
    it(`does not guess at the record ${text}`, () => {
      const error = refusalOf(text);
      assert.equal(error.code, 'record');
      assert.match(error.message, new RegExp(`has version ${version}; this program knows version 1`));
      assert.match(error.hint ?? '', /newer version of drone-promote/);
    });
  }

  it('keeps ten outcomes, the newest first', () => {
    let history: string | undefined;
    for (let count = 1; count <= 12; count++) history = withOutcome(history, past(count));
    const images = decodeHistory(history).map(({ image }) => image);
    assert.deepEqual(
      images,
      [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((count) => `web:${count}`),
    );
  });

  it('begins a new history where the old one is unreadable', () => {
    for (const text of ['', '{', '{"outcome":"promoted"}', 'null', '"x"']) {
      assert.deepEqual(decodeHistory(text), []);
      assert.deepEqual(decodeHistory(withOutcome(text, past(1))), [past(1)]);
    }
    assert.deepEqual(decodeHistory(undefined), []);
  });

  it('keeps entries of older versions, which have fewer facts', () => {
    const whole: PastOutcome = {
      ...past(2),
      from: 'web:1',
      to: 'web:2',
      startedAt: '2026-11-24T11:50:00.000Z',
      weight: 100,
      code: 'abort',
    };
    const history = withOutcome(JSON.stringify([past(1)]), whole);
    assert.deepEqual(decodeHistory(history), [whole, past(1)]);
  });

  it('drops entries of the history that are no outcomes', () => {
    const text = JSON.stringify([null, 'x', past(2), 7, [], {}, past(1)]);
    assert.deepEqual(decodeHistory(text), [past(2), past(1)]);
  });
});
