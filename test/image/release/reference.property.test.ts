import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PromoteError } from '../../../src/errors.ts';
import {
  formatReference,
  parseReference,
  type Reference,
  sameRepository,
} from '../../../src/image/release/reference.ts';

/** The grammar, written down a second time: as what makes references, not as what takes them. */
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ALNUM = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function chars(of: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...of), minLength, maxLength });
}

function joined(
  one: fc.Arbitrary<string>,
  between: fc.Arbitrary<string>,
  most: number,
): fc.Arbitrary<string> {
  const rest = fc.array(fc.tuple(between, one), { maxLength: most - 1 });
  return fc.tuple(one, rest).map(([first, others]) => first + others.flat().join(''));
}

const dashes = fc.integer({ min: 1, max: 3 }).map((count) => '-'.repeat(count));
const separator = fc.oneof(fc.constantFrom('.', '_', '__'), dashes);
const component = joined(chars(LOWER, 1, 6), separator, 3);
const path = joined(component, fc.constant('/'), 4);
const label = joined(chars(ALNUM, 1, 5), dashes, 2);
const port = fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`);
const host = fc.oneof(
  fc.tuple(label, fc.constant('.'), joined(label, fc.constant('.'), 2)).map((parts) => parts.join('')),
  fc.constantFrom('localhost', '192.0.2.10', '[2001:db8::1]'),
);
const registry = fc
  .tuple(host, fc.option(port, { nil: '' }))
  .map((parts) => parts.join(''))
  .filter((text) => text !== 'docker.io' && text !== 'index.docker.io');
const tag = fc.tuple(chars(`${ALNUM}_`, 1, 1), chars(`${ALNUM}_.-`, 0, 127)).map((parts) => parts.join(''));
const digest = chars('0123456789abcdef', 64, 64).map((hex) => `sha256:${hex}`);
const reference: fc.Arbitrary<Reference> = fc
  .tuple(registry, path, fc.option(tag, { nil: undefined }), fc.option(digest, { nil: undefined }))
  .map((parts) => ({ registry: parts[0], path: parts[1], tag: parts[2], digest: parts[3] }));

/** The text as a reference; undefined where it is refused, and then in a way that users may see. */
function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    assert.ok(error instanceof PromoteError && error.code === 'reference', String(error));
    assert.ok(error.message.length < 2000 && !error.message.includes('undefined'));
    return undefined;
  }
}

test('image/reference: every valid reference is taken apart into what it was made of', () => {
  fc.assert(
    fc.property(reference, (parts) => {
      assert.deepEqual(parseReference(formatReference(parts)), parts);
    }),
  );
});

test('image/reference: what was parsed and formatted parses to the same', () => {
  // near misses: valid texts with something cut, doubled or put in
  const spoilt = fc
    .tuple(
      reference.map(formatReference),
      fc.nat(),
      fc.constantFrom('', '/', ':', '@', '-', '.', '_', 'A', ' ', '\n'),
    )
    .map(
      ([text, at, piece]) =>
        text.slice(0, at % (text.length + 1)) + piece + text.slice((at % text.length) + 1),
    );
  let taken = 0;
  fc.assert(
    fc.property(
      fc.oneof(spoilt, path, chars('aA0.:/@-_[]', 0, 20), fc.string({ unit: 'binary' })),
      (text) => {
        const first = parsed(text);
        if (first === undefined) return;
        taken += 1;
        assert.deepEqual(parseReference(formatReference(first)), first);
        assert.ok(sameRepository(text, formatReference({ ...first, tag: undefined, digest: undefined })));
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(taken > 20, `only ${taken} were taken: the property says nothing`);
});

test('image/reference: hostile input costs no more than its length', () => {
  const pieces = ['a', '-', 'a-', 'a.', 'a_', '__', 'a/', ':', 'a:', '@', '[', 'A', 'sha256:', '0'];
  for (const before of ['', 'a', 'a.b/', 'a:', 'a@', 'a@x:', '[']) {
    for (const piece of pieces) {
      for (const after of ['', '!', '/', ':', '@']) {
        // as long as any that gets past the first check, and far longer ones
        for (const length of [1000, 1_000_000]) {
          const text = before + piece.repeat(Math.floor(length / piece.length)) + after;
          const start = performance.now();
          parsed(text);
          const took = performance.now() - start;
          assert.ok(took < 500, `${before}${piece}…${after} of ${length}: ${took} ms`);
        }
      }
    }
  }
});
