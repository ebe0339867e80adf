import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readSamples, type Sample } from '../../../src/analysis/source/exposition.ts';

/** A sample as a plain object, for comparison. */
const plain = ({ labels, value }: Sample) => [Object.fromEntries(labels), value];
const read = (page: string, ...names: string[]) => readSamples(page, names).map(plain);

describe('analysis/source/exposition', () => {
  const lines: [line: string, expected: [labels: Record<string, string>, value: number] | undefined][] = [
    ['m 1', [{}, 1]],
    ['m{} 1', [{}, 1]],
    ['m{a="b"} 1027', [{ a: 'b' }, 1027]],
    ['m{a="b",c="d",} 1.5e+09', [{ a: 'b', c: 'd' }, 1.5e9]],
    ['m{ a = "b" , c="d" }  3', [{ a: 'b', c: 'd' }, 3]],
    ['m\t{a="b"}\t3', [{ a: 'b' }, 3]],
    ['m{a="b"} 3\r', [{ a: 'b' }, 3]],
    ['m{a="}{,=#"} 2', [{ a: '}{,=#' }, 2]],
    ['m{a="x\\"y\\\\z\\nw"} 2', [{ a: 'x"y\\z\nw' }, 2]],
    ['m{a="\\\\"} 2', [{ a: '\\' }, 2]],
    ['m{a="\\q"} 2', [{ a: '\\q' }, 2]],
    ['m{a="grüße"} 2', [{ a: 'grüße' }, 2]],
    ['m{__proto__="b"} 1', [JSON.parse('{"__proto__":"b"}'), 1]],
    ['m NaN', [{}, Number.NaN]],
    ['m +Inf', [{}, Number.POSITIVE_INFINITY]],
    ['m -Inf', [{}, Number.NEGATIVE_INFINITY]],
    ['m -1', [{}, -1]],
    ['m .5', [{}, 0.5]],
    ['m 1 1395066363000', [{}, 1]],
    ['m{le="1"} 17 # {trace_id="a b"} 0.9 1520879607.789', [{ le: '1' }, 17]],
    // not of this metric
    ['m_total 1', undefined],
    ['mm 1', undefined],
    ['# HELP m 1', undefined],
    [' m 1', undefined],
    // broken
    ['m', undefined],
    ['m ', undefined],
    ['m x', undefined],
    ['m 0x10', undefined],
    ['m 1_000', undefined],
    ['m{a="b" 1', undefined],
    ['m{a="b} 1', undefined],
    ['m{a="b\\"} 1', undefined],
    ['m{a=b} 1', undefined],
    ['m{a} 1', undefined],
    ['m{a="b"c="d"} 1', undefined],
    ['m{', undefined],
    [`m ${'1'.repeat(100)}`, undefined],
  ];
  for (const [line, expected] of lines) {
    it(`${expected ? 'reads' : 'leaves out'} ${JSON.stringify(line).slice(0, 60)}`, () => {
      const wanted = expected ? [expected] : [];
      assert.deepEqual(read(line, 'm'), wanted);
      assert.deepEqual(read(`# TYPE m counter\n${line}\n`, 'm'), wanted);
      assert.deepEqual(read(`other{a="\\n"} 2\n${line}\nm{last="1"} 9`, 'm'), [
        ...wanted,
        [{ last: '1' }, 9],
      ]);
    });
  }

  it('reads several metrics, each asked for once', () => {
    const page = 'a 1\nb{x="1"} 2\na_b 3\nb{x="2"} 4\n';
    assert.deepEqual(
      readSamples(page, ['b', 'a', 'b', '']).map(({ name, value }) => [name, value]),
      [
        ['b', 2],
        ['b', 4],
        ['a', 1],
      ],
    );
    assert.deepEqual(readSamples('', ['a']), []);
  });

  it('reads back any labels and values that were written by the rules', () => {
    const written = (text: string) =>
      text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
    const label = fc.tuple(fc.stringMatching(/^[a-z_][a-z0-9_]*$/), fc.string({ unit: 'binary' }));
    const sample = fc.tuple(
      fc.uniqueArray(label, { selector: ([name]) => name, maxLength: 5 }),
      // a template makes "0" of -0
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    );
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 5 }), (samples) => {
        const page = samples.map(
          ([labels, value]) =>
            `m{${labels.map(([name, text]) => `${name}="${written(text)}"`).join(',')}} ${value}`,
        );
        assert.deepEqual(
          readSamples(page.join('\nnoise{m="m"} 1\n'), ['m']).map(({ labels, value }) => [
            [...labels],
            value,
          ]),
          samples.map(([labels, value]) => [labels, value]),
        );
      }),
    );
  });

  it('takes any page without an error', () => {
    const piece = fc.constantFrom('m', '{', '}', '"', '\\', '=', ',', ' ', '\n', '1', 'a', 'NaN', '#');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const { value } of readSamples(pieces.join(''), ['m', 'a']))
          assert.equal(typeof value, 'number');
      }),
    );
  });

  describe('is linear in what a hostile page is made of', () => {
    const pages: [what: string, page: (size: number) => string][] = [
      ['labels without an end', (size) => 'm{a="'.repeat(size / 5)],
      ['lines that open a quote', (size) => 'm{a="x\n'.repeat(size / 7)],
      ['backslashes', (size) => `m{a="${'\\'.repeat(size)}`],
      ['escaped quotes', (size) => `m{a="${'\\"'.repeat(size / 2)}"} 1`],
      ['empty labels', (size) => `m{${'a="",'.repeat(size / 5)}} 1`],
      ['commas', (size) => `m{${','.repeat(size)}} 1`],
      ['blanks', (size) => `m${' '.repeat(size)}`],
      ['digits', (size) => `m ${'1'.repeat(size)}x`],
      ['dots', (size) => `m 1${'.'.repeat(size)}`],
      ['almost the name', (size) => `${'\n'.repeat(10)}m`.repeat(size / 11)],
      ['newlines', (size) => '\n'.repeat(size)],
    ];
    for (const [what, page] of pages) {
      it(what, () => {
        const text = page(2_000_000);
        const begun = process.cpuUsage();
        readSamples(text, ['m', 'mmmmmmmmmmmmmmmm']);
        const { user } = process.cpuUsage(begun);
        // quadratic time would be hours
        assert.ok(user < 3_000_000, `${user / 1000} ms`);
      });
    }
  });
});
