import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantityOf } from '../../../src/workload/room/quantity.ts';

describe('workload/room/quantity', () => {
  const table: [text: string | number | undefined, expected: number | undefined][] = [
    ['4', 4],
    [4, 4],
    ['250m', 0.25],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['2k', 2000],
    ['64Mi', 64 * 2 ** 20],
    ['1Gi', 2 ** 30],
    ['x', undefined],
    ['1.2.3', undefined],
    ['4Q', undefined],
    [undefined, undefined],
  ];
  for (const [text, expected] of table) {
    it(`${text} is ${expected}`, () => assert.equal(quantityOf(text), expected));
  }
});
