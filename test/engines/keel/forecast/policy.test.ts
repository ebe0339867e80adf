import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRepeatable, type Policy, wouldWrite } from '../../../../src/engines/keel/forecast/policy.ts';

const policy = (text: string, more: Partial<Policy> = {}): Policy => ({
  text,
  matchTag: false,
  matchPreRelease: true,
  ...more,
});

const COLUMNS: readonly Policy[] = [
  policy('all'),
  policy('major'),
  policy('minor'),
  policy('patch'),
  policy('patch', { matchPreRelease: false }),
  policy('force'),
  policy('force', { matchTag: true }),
  policy('glob:1.2.*'),
  policy('regexp:^v?1\\.2\\.\\d+$'),
];

/** The matrix as measured: Y is written, D is written by 0.22.1 and not by its successor. */
const MATRIX: readonly [running: string, tag: string, written: string][] = [
  ['1.2.3', '1.2.4', 'YYYYYY-YY'],
  ['1.2.3', '1.3.0', 'YYY--Y---'],
  ['1.2.3', '2.0.0', 'YY---Y---'],
  ['1.2.3', '1.2.2', '-----D--Y'],
  ['1.2.3', '1.2.3', '-----YY-Y'],
  ['1.2.3', '1.2.4-rc.1', 'Y---YY-Y-'],
  ['1.2.4-rc.1', '1.2.4-rc.2', 'Y---YY-Y-'],
  ['1.2.4-rc.1', '1.2.5-rc.1', 'YYYYYY-Y-'],
  ['1.2.4-rc.1', '1.2.4', 'Y---YY--Y'],
  ['1.2.3', 'v1.2.4', 'YYYYYY--Y'],
  ['v1.2.3', '1.2.4', 'YYYYYY--Y'],
  ['1.2.3', '1.3', 'YYY--Y---'],
  ['1.2.3', '2', '-----Y---'],
  ['1.2.3', 'latest', '-----Y---'],
  ['1.2.3', 'build-42', '-----Y---'],
  ['latest', 'build-1', 'YYYYYY---'],
  ['build-41', '1.2.4', '-----Y--Y'],
];

describe('engines/keel/forecast/policy', () => {
  for (const [running, tag, written] of MATRIX) {
    it(`judges ${running} → ${tag} as measured, in both versions of Keel`, () => {
      const row = (keel: string | undefined, downgrade: string) =>
        assert.equal(
          COLUMNS.map(
            (each) => ({ yes: 'Y', no: '-', unknown: '?' })[wouldWrite(each, running, tag, keel).writes],
          ).join(''),
          written.replace('D', downgrade),
        );
      row('0.22.1', 'Y');
      row('0.22.2', '-');
      row(undefined, '?');
      row('dev', '?');
    });
  }

  const others: [policy: string, running: string | undefined, tag: string, writes: string, reason: RegExp][] =
    [
      ['glob:build-*', 'build-9', 'build-10', 'no', /alphabetically/],
      ['glob:build-*', 'build-1', 'build-2', 'yes', /^$/],
      ['glob:*-prod-*', '1-prod-a', '2-prod-b', 'yes', /^$/],
      ['glob:a*a', '0', 'a', 'no', /does not match/],
      ['glob:1.2.3', '1.2.2', '1.2.3', 'yes', /^$/],
      ['glob:*', undefined, '1', 'unknown', /digest/],
      ['never', '1.0.0', '1.0.1', 'no', /"never"/],
      ['', '1.0.0', '1.0.1', 'no', /no keel\.sh\/policy/],
      ['nil policy', '1.0.0', '1.0.1', 'no', /no keel\.sh\/policy/],
      ['bogus', '1.0.0', '1.0.1', 'no', /Keel does not know its policy/],
      ['all', undefined, '1.0.1', 'no', /a digest.*is not a version/],
      ['all', 'latest', 'latest', 'yes', /^$/],
      ['all', '2026.01.31', '2026.11.01', 'yes', /^$/],
      ['all', '1.0.0-rc.9', '1.0.0-rc.10', 'yes', /^$/],
      ['all', '1.0.0-rc', '1.0.0-1', 'no', /not newer/],
      ['force', undefined, '1.0.1', 'yes', /^$/],
      ['regexp:^(?P<n>build)-\\d+$', 'x', 'build-7', 'yes', /^$/],
      ['regexp:(?i)^BUILD-\\d+\\z', 'x', 'build-7', 'yes', /^$/],
      ['regexp:(', 'x', 'build-7', 'unknown', /cannot evaluate/],
    ];
  for (const [text, running, tag, writes, reason] of others) {
    it(`${text || 'without a policy'}: ${running ?? 'a digest'} → ${tag} is ${writes}`, () => {
      const judgement = wouldWrite(policy(text), running, tag, '0.22.1');
      assert.equal(judgement.writes, writes);
      assert.match(judgement.reason, reason);
    });
  }

  it('walks a glob of many stars without taking long', () => {
    const judgement = wouldWrite(policy(`glob:${'a*'.repeat(60)}b`), 'a', 'a'.repeat(128), undefined);
    assert.equal(judgement.writes, 'no');
  });

  it('ends a regular expression that would take for ever', () => {
    const judgement = wouldWrite(policy('regexp:^(a+)+$'), 'a', `${'a'.repeat(60)}!`, undefined);
    assert.equal(judgement.writes, 'unknown');
  });

  it('trap 8: a webhook may be sent again under semver and glob, not under force and regexp', () => {
    for (const text of ['all', 'major', 'minor', 'patch', 'glob:1.*']) {
      assert.equal(isRepeatable(policy(text), '1.2.3', '0.22.1'), true, text);
    }
    for (const text of ['force', 'regexp:^1'])
      assert.equal(isRepeatable(policy(text), '1.2.3', '0.22.1'), false, text);
    assert.equal(isRepeatable(policy('force', { matchTag: true }), '1.2.3', undefined), false);
    assert.equal(
      isRepeatable(policy('all'), 'latest', undefined),
      false,
      'a running latest takes latest again',
    );
  });
});
