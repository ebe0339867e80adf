import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { outputLines } from '../../src/report/outputs.ts';

const NAMES = ['PROMOTE_OUTCOME', 'PROMOTE_IMAGE', 'PROMOTE_DIGEST', 'PROMOTE_WEIGHT', 'PROMOTE_REASON'];

describe('report/outputs', () => {
  it('writes a line for each, in a fixed order', () => {
    assert.equal(
      outputLines({
        kind: 'held',
        reason: 'Waits at 25%.',
        hints: ['promote again'],
        image: 'shop:1.4.2',
        digest: 'sha256:abc',
        weight: 25,
      }),
      'PROMOTE_OUTCOME=held\nPROMOTE_IMAGE=shop:1.4.2\nPROMOTE_DIGEST=sha256:abc\nPROMOTE_WEIGHT=25\nPROMOTE_REASON=Waits at 25%.\n',
    );
  });

  it('leaves empty what is not known, and tells weight 0 from none', () => {
    assert.equal(
      outputLines({ kind: 'refused', reason: 'No.', hints: [] }),
      'PROMOTE_OUTCOME=refused\nPROMOTE_IMAGE=\nPROMOTE_DIGEST=\nPROMOTE_WEIGHT=\nPROMOTE_REASON=No.\n',
    );
    assert.match(outputLines({ kind: 'aborted', reason: '', hints: [], weight: 0 }), /^PROMOTE_WEIGHT=0$/m);
  });

  it('keeps a reason on its line: no text makes an output of its own', () => {
    const reason = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\nPROMOTE_OUTCOME=promoted', 'a\r\nb', 'a\u2028b', '\n', 'a=b'),
    );
    fc.assert(
      fc.property(reason, (text) => {
        const lines = outputLines({ kind: 'refused', reason: text, hints: [] }).split(
          /\r\n|[\n\r\u2028\u2029]/,
        );
        assert.deepEqual(
          lines.map((line) => line.split('=')[0]),
          [...NAMES, ''],
        );
      }),
    );
  });
});
