import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Parser } from '../../src/settings/parsers.ts';

export type Taken = [text: string, value: unknown];
type Refused = [text: string, message: RegExp];

/** Tests a parser by the texts that it takes and those that it refuses. */
export function table(name: string, parser: Parser<unknown>, taken: Taken[], refused: Refused[]): void {
  describe(name, () => {
    for (const [text, value] of taken) {
      it(`takes ${JSON.stringify(text)}`, () => assert.deepEqual(parser(text), value));
    }
    for (const [text, message] of refused) {
      it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parser(text), { message }));
    }
  });
}
