import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Challenge, parseChallenges } from '../../../src/image/registry/auth-challenge.ts';

describe('image/registry/auth-challenge', () => {
  const table: [what: string, header: string, challenges: Challenge[]][] = [
    [
      'Docker Hub',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
      [
        {
          scheme: 'bearer',
          params: {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:library/nginx:pull',
          },
        },
      ],
    ],
    [
      'a comma in quotes',
      'Bearer realm="a",scope="repository:x:pull,push"',
      [{ scheme: 'bearer', params: { realm: 'a', scope: 'repository:x:pull,push' } }],
    ],
    [
      'ECR',
      'Basic realm="https://1.dkr.ecr.eu-central-1.amazonaws.com/",service="ecr.amazonaws.com"',
      [
        {
          scheme: 'basic',
          params: { realm: 'https://1.dkr.ecr.eu-central-1.amazonaws.com/', service: 'ecr.amazonaws.com' },
        },
      ],
    ],
    ['no parameters', 'Basic', [{ scheme: 'basic', params: {} }]],
    [
      'spaces, and no quotes',
      'BEARER  Realm = x , Service= y',
      [{ scheme: 'bearer', params: { realm: 'x', service: 'y' } }],
    ],
    [
      'escapes',
      String.raw`Basic realm="a \"quoted\" \\ one"`,
      [{ scheme: 'basic', params: { realm: 'a "quoted" \\ one' } }],
    ],
    [
      'several in one header',
      'Basic realm="b", Bearer realm="t",service="s"',
      [
        { scheme: 'basic', params: { realm: 'b' } },
        { scheme: 'bearer', params: { realm: 't', service: 's' } },
      ],
    ],
    [
      'a value without a name',
      'Negotiate dG9rZW4=, Basic realm="b"',
      [
        { scheme: 'negotiate', params: {} },
        { scheme: 'basic', params: { realm: 'b' } },
      ],
    ],
    [
      'the first of a name counts',
      'Bearer realm="good",realm="evil"',
      [{ scheme: 'bearer', params: { realm: 'good' } }],
    ],
    ['a quote without an end', 'Bearer realm="x', [{ scheme: 'bearer', params: {} }]],
    ['nothing', '', []],
    ['nonsense', '@@@', []],
  ];
  for (const [what, header, challenges] of table) {
    it(what, () => {
      const found = parseChallenges(header).map(({ scheme, params }) => ({ scheme, params: { ...params } }));
      assert.deepEqual(found, challenges);
    });
  }

  it('reads what is written by the grammar', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
    const value = fc.string({ maxLength: 40 });
    const challenge = fc.record({
      scheme: token,
      params: fc.uniqueArray(fc.tuple(token, value), {
        minLength: 1,
        maxLength: 4,
        selector: ([name]) => name,
      }),
    });
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
        const header = challenges
          .map(
            ({ scheme, params }) =>
              `${scheme} ${params.map(([name, text]) => `${name}=${quote(text)}`).join(', ')}`,
          )
          .join(', ');
        const read = parseChallenges(header).map(({ scheme, params }) => ({ scheme, params: { ...params } }));
        assert.deepEqual(
          read,
          challenges.map(({ scheme, params }) => ({ scheme, params: Object.fromEntries(params) })),
        );
      }),
    );
  });

  it('comes to an end with anything, soon', () => {
    const piece = fc.constantFrom(
      'Bearer',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      'x'.repeat(50),
      '\u0000',
      '%',
      '==',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) =>
        Array.isArray(parseChallenges(pieces.join(''))),
      ),
    );
    const begun = performance.now();
    for (const part of ['Bearer ', 'a=', '"\\', ',', 'a ', '=', 'a="'])
      parseChallenges(part.repeat(1_000_000));
    assert.ok(performance.now() - begun < 1000, `${performance.now() - begun} ms`);
  });
});
