import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileFormat, DEFAULT_FORMAT } from '../../../../src/traffic/nginx/access-log/log-format.ts';
import { render, type Values } from './helpers.ts';

const FREE = ['request', 'http_user_agent', 'http_referer', 'remote_user', 'req_id', 'host'];
const TYPED = ['remote_addr', 'time_local', 'body_bytes_sent', 'request_length', 'upstream_response_length'];
const READ = [
  'status',
  'request_time',
  'proxy_upstream_name',
  'proxy_alternative_upstream_name',
  'upstream_addr',
  'upstream_status',
];

/** What a user sends: anything, and pieces of lines more often than chance would have it. */
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    ' ',
    '"',
    '\\',
    '\\"',
    '[',
    ']',
    '] [',
    ' : ',
    ', ',
    ': 502',
    ', 502',
    '-',
    '200',
    '500',
    '0.004',
    '\n',
  ),
  fc.constantFrom(
    '10.1.0.9:80',
    'shop-web-80',
    '[shop-web-80] [shop-web-canary-80]',
    ' 500 1 "-" "x" 80 9.000 ',
  ),
);
const fromUser = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

const tries = fc.array(
  fc.record({
    addr: fc.constantFrom('10.1.0.1:8080', '[fd00::1]:80', 'unix:/a.sock', '-'),
    status: fc.constantFrom('200', '404', '500', '502', '-'),
    by: fc.constantFrom(', ', ' : '),
  }),
  { minLength: 1, maxLength: 4 },
);

const request: fc.Arbitrary<Values> = fc
  .record({
    status: fc.integer({ min: 100, max: 599 }),
    ms: fc.integer({ min: 0, max: 99_999 }),
    upstream: fc.constantFrom('shop-web-80', 'other-blog-http', '-', ''),
    alternative: fc.constantFrom('shop-web-canary-80', '-', ''),
    tries,
    users: fc.record(Object.fromEntries(FREE.map((name) => [name, fromUser]))),
  })
  .map(({ status, ms, upstream, alternative, tries, users }) => {
    const joined = (value: (index: number) => string) =>
      tries.map(({ by }, index) => (index === 0 ? '' : by) + value(index)).join('');
    return {
      ...users,
      status: String(status),
      request_time: (ms / 1000).toFixed(3),
      proxy_upstream_name: upstream,
      proxy_alternative_upstream_name: alternative,
      upstream_addr: joined((index) => tries[index]?.addr ?? ''),
      upstream_status: joined((index) => tries[index]?.status ?? ''),
      upstream_response_time: joined(() => '0.001'),
      upstream_response_length: joined(() => '17'),
      remote_addr: '203.0.113.7',
      time_local: '28/Nov/2026:12:00:00 +0000',
      body_bytes_sent: '17',
      request_length: '80',
    };
  });

/** Variables in any order, with any text between. */
const format = fc
  .tuple(
    fc
      .subarray([...READ.slice(1), ...FREE, ...TYPED])
      .chain((names) => fc.shuffledSubarray(['status', ...names], { minLength: names.length + 1 })),
    fc.array(
      fc.constantFrom(
        ' ',
        ' ',
        '" "',
        '" ',
        ' "',
        ' [',
        '] [',
        '] ',
        '": "',
        ', ',
        '|',
        '-',
        '',
        '.',
        ': ',
        ' : ',
      ),
      {
        minLength: 20,
        maxLength: 20,
      },
    ),
  )
  .map(([names, texts]) => names.map((name, index) => `${texts[index]}$${name}`).join('') + texts.at(-1));

function check(text: string, values: Values, escaping: 'default' | 'json'): void {
  const compiled = compileFormat(text, escaping);
  if ('unusable' in compiled) return;
  const { parse, variables } = compiled.parser;
  const read = parse(render(text, values, escaping));
  assert.ok(read, 'a request is not read');
  const split = (list: string | undefined) => list?.split(/, | : /);
  assert.equal(read.status, Number(values.status));
  if (variables.has('request_time')) assert.equal(read.ms, Math.round(Number(values.request_time) * 1000));
  if (variables.has('proxy_upstream_name')) assert.equal(read.upstream, values.proxy_upstream_name);
  if (variables.has('proxy_alternative_upstream_name')) {
    assert.equal(read.alternative, values.proxy_alternative_upstream_name);
  }
  if (variables.has('upstream_addr')) assert.deepEqual(read.addresses, split(values.upstream_addr));
  if (variables.has('upstream_status')) assert.deepEqual(read.statuses, split(values.upstream_status));
}

describe('traffic/nginx/access-log/log-format: any request', () => {
  it('is read back from the default format, whatever the user sends', () => {
    fc.assert(
      fc.property(request, (values) => check(DEFAULT_FORMAT, values, 'default')),
      { numRuns: 500 },
    );
  });

  for (const escaping of ['default', 'json'] as const) {
    it(`is read back from any format that is taken for usable, with escaping ${escaping}`, () => {
      let usable = 0;
      fc.assert(
        fc.property(format, request, (text, values) => {
          if (!('unusable' in compileFormat(text, escaping))) usable += 1;
          check(text, values, escaping);
        }),
        { numRuns: 4000 },
      );
      assert.ok(usable > 100, `only ${usable} formats were usable`);
    });
  }

  it('is read the same when a part of its line is cut off, or not at all', () => {
    const { parser } = compileFormat(DEFAULT_FORMAT) as { parser: { parse(line: string): unknown } };
    fc.assert(
      fc.property(request, fc.nat(), fc.nat(), (values, from, length) => {
        const whole = render(DEFAULT_FORMAT, values);
        const start = from % whole.length;
        const part = whole.slice(start, start + (length % whole.length));
        // a piece of the address in front, or of the id at the end, says nothing
        const read = parser.parse(part);
        if (read) assert.deepEqual(read, parser.parse(whole));
      }),
      { numRuns: 1000 },
    );
  });
});
