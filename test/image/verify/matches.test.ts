import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matches } from '../../../src/image/verify/matches.ts';

describe('image/verify/matches', () => {
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ['ann@example.com', 'ann@example.com', true],
    ['ann@example.com', 'ann@example.com.evil', false],
    ['ann@example.com', 'joann@example.com', false],
    ['ann@example.com', 'ann@exampleXcom', false],
    ['*@example.com', 'ann@example.com', true],
    ['*@example.com', 'ann@example.com.evil', false],
    ['https://x/*@refs/tags/*', 'https://x/a.yml@refs/tags/v1', true],
    ['https://x/*@refs/tags/*', 'https://x/a.yml@refs/heads/main', false],
    ['https://x/*@refs/tags/*', 'https://evil/https://x/a@refs/tags/v1', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a**c', 'abc', true],
    ['*', '', true],
    ['*', 'x'.repeat(2001), false],
    ['', '', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? 'is' : 'is not'} ${text.slice(0, 40)}`, () =>
      assert.equal(matches(pattern, text), expected));
  }
});
