import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseOutputs } from '../../e2e/step-environment.ts';
import { createOutputs, outputLines } from '../../src/report/outputs.ts';

const NAMES = [
  'PROMOTE_OUTCOME',
  'PROMOTE_IMAGE',
  'PROMOTE_DIGEST',
  'PROMOTE_WEIGHT',
  'PROMOTE_REASON',
  'PROMOTE_FROM',
  'PROMOTE_TO',
  'PROMOTE_WORKLOAD',
  'PROMOTE_NAMESPACE',
  'PROMOTE_CODE',
  'PROMOTE_WATCHED',
  'PROMOTE_DURATION',
];

/** The line of a reason. */
function reasonLine(reason: string): string {
  const lines = outputLines({ kind: 'refused', reason, hints: [] });
  return /^PROMOTE_REASON=(.*)$/m.exec(lines)?.[1] ?? assert.fail(lines);
}

describe('report/outputs', () => {
  it('writes a line for each, in a fixed order; plain values are not quoted', () => {
    assert.equal(
      outputLines({
        kind: 'held',
        reason: 'Waits at 25%.',
        hints: ['promote again'],
        image: 'r:5000/shop:1.4.2',
        digest: 'sha256:abc',
        weight: 25,
        from: 'r:5000/shop:1.4.1',
        to: 'r:5000/shop:1.4.2@sha256:abc',
        workload: 'deployment/web',
        namespace: 'shop',
        startedAt: 0,
        durationMs: 94_400,
      }),
      [
        'PROMOTE_OUTCOME=held',
        'PROMOTE_IMAGE=r:5000/shop:1.4.2',
        'PROMOTE_DIGEST=sha256:abc',
        'PROMOTE_WEIGHT=25',
        'PROMOTE_REASON="Waits at 25%."',
        'PROMOTE_FROM=r:5000/shop:1.4.1',
        'PROMOTE_TO=r:5000/shop:1.4.2@sha256:abc',
        'PROMOTE_WORKLOAD=deployment/web',
        'PROMOTE_NAMESPACE=shop',
        'PROMOTE_CODE=',
        'PROMOTE_WATCHED=',
        'PROMOTE_DURATION=94',
        '',
      ].join('\n'),
    );
  });

  it('leaves empty what is not known, and tells weight 0 from none', () => {
    const unknown = NAMES.slice(5).map((name) => `${name}=`);
    assert.equal(
      outputLines({ kind: 'refused', reason: 'No.', hints: [] }),
      [
        'PROMOTE_OUTCOME=refused',
        'PROMOTE_IMAGE=',
        'PROMOTE_DIGEST=',
        'PROMOTE_WEIGHT=',
        'PROMOTE_REASON=No.',
        ...unknown,
        '',
      ].join('\n'),
    );
    assert.match(outputLines({ kind: 'aborted', reason: '', hints: [], weight: 0 }), /^PROMOTE_WEIGHT=0$/m);
    assert.match(
      outputLines({ kind: 'refused', code: 'rights', reason: '', hints: [] }),
      /^PROMOTE_CODE=rights$/m,
    );
  });

  const quoted: [what: string, reason: string, line: string][] = [
    ['a comment', 'no #1', '"no #1"'],
    ['a variable', 'costs $HOME', '"costs \\$HOME"'],
    ['a quote', 'says "no" twice', '"says \\"no\\" twice"'],
    ['a backslash', 'C:\\new', '"C:\\\\new"'],
    ['a quote at its end, which would be taken for the closing one', 'says "no"', '"says \\"no\\" "'],
    ['a backslash at its end, which would keep the quote from closing', 'a \\', '"a \\\\ "'],
  ];
  for (const [what, reason, line] of quoted) {
    it(`quotes a value with ${what}`, () => {
      assert.equal(reasonLine(reason), line);
      assert.equal(parseOutputs(`A=${line}\n`).A?.trimEnd(), reason);
    });
  }

  it('is read by the rules of godotenv as it was written, whatever the text', () => {
    const piece = fc.constantFrom('a', ' ', '"', "'", '\\', '$', '#', '{', '}', '(', 'HOME', 'n', '`', '=');
    const reason = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(reason, reason, (text, image) => {
        const written = outputLines({ kind: 'held', reason: text, hints: [], from: image });
        const read = parseOutputs(written);
        assert.deepEqual(Object.keys(read), NAMES);
        assert.equal(read.PROMOTE_REASON?.trimEnd(), text.replace(/\s+/g, ' ').trim());
        assert.equal(read.PROMOTE_FROM?.trimEnd(), image.replace(/\s+/g, ' ').trim());
      }),
      { numRuns: 2000 },
    );
  });

  const forms: [form: 'github' | 'gitlab', reason: string, written: string][] = [
    ['github', 'says "no" #1 for $HOME\nand ends', 'says "no" #1 for $HOME and ends'],
    ['github', 'a << b', 'a << b'],
    ['gitlab', 'says "no" #1 for $HOME\nand ends', 'says "no" #1 for $$HOME and ends'],
  ];
  for (const [form, reason, written] of forms) {
    it(`writes ${JSON.stringify(reason)} for ${form}, which takes a line as it is`, () => {
      const lines = outputLines({ kind: 'held', reason, hints: [] }, form).split('\n');
      assert.ok(lines.includes(`PROMOTE_REASON=${written}`), lines.join('|'));
    });
  }

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

  it('appends to its file at the outcome, and warns if that cannot be written', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'outputs-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'out');
    const warnings: string[] = [];
    const outputs = createOutputs(
      { path, variable: 'DRONE_OUTPUT', form: 'godotenv' },
      (message) => void warnings.push(message),
    );
    outputs.event({ type: 'note', message: 'x' }, 0);
    outputs.outcome({ kind: 'held', reason: 'a', hints: [] }, 0);
    assert.match(readFileSync(path, 'utf8'), /^PROMOTE_OUTCOME=held$/m);
    assert.equal(warnings.length, 0);
    createOutputs(
      { path: directory, variable: 'GITHUB_OUTPUT', form: 'github' },
      (message) => void warnings.push(message),
    ).outcome({ kind: 'held', reason: 'a', hints: [] }, 0);
    assert.match(warnings.join(), /^GITHUB_OUTPUT cannot be written: EISDIR/);
  });
});
