import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentOf, faultsOf, NATIVE } from './helpers.ts';

describe('settings/cross-checks: an experiment has no users', () => {
  const experiment = { ...NATIVE, strategy: 'experiment' };
  const table: [what: string, settings: Record<string, string>, faults: RegExp[]][] = [
    ['checks by URL and Job go with it', { checks: '[{"url":"http://x"},{"job":{}}]' }, []],
    ['pods are counted without users', { checks: 'restarts <= 0' }, []],
    ['success', { checks: 'success-rate >= 99%' }, [/`checks` has success-rate, which counts users/]],
    ['latency', { checks: 'latency-p99 <= 1s' }, [/`checks` has latency-p99, which counts users/]],
    ['latency of stable', { checks: 'latency <= stable' }, [/`checks` has latency, which counts users/]],
    ['evidence', { require_evidence: 'true' }, [/`require_evidence` needs users/]],
  ];
  for (const [what, settings, expected] of table) {
    it(what, () => {
      const faults = faultsOf(environmentOf({ ...experiment, ...settings }));
      assert.equal(faults.length, expected.length, faults.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
    });
  }

  it('a canary has', () =>
    assert.deepEqual(faultsOf(environmentOf({ ...NATIVE, checks: 'success-rate >= 99%' })), []));
});

describe('settings/cross-checks: a step that limits failures', () => {
  const limited = { ...NATIVE, steps: '10% 2m at-most 5 failures' };
  const table: [what: string, settings: Record<string, string>, fault: RegExp | undefined][] = [
    ['is judged', limited, undefined],
    [
      'needs the judge, which counts',
      { ...limited, false_alarm: '0' },
      /`false_alarm: 0` switches off what counts/,
    ],
    ['is no step of a Rollout', { ...limited, workload: 'rollout/web' }, /a Rollout has no such step/],
  ];
  for (const [what, settings, expected] of table) {
    it(what, () => {
      const faults = faultsOf(environmentOf(settings));
      assert.equal(faults.length, expected ? 1 : 0, faults.join('\n'));
      if (expected) assert.match(faults[0] ?? '', expected);
    });
  }
});

describe('settings/cross-checks: who must have signed', () => {
  const identity = { verify_identity: 'ann@example.com' };
  const issuer = { verify_issuer: 'https://id.example.com' };
  const root = { verify_trusted_root: '{}' };
  const key = { verify_key: '-----BEGIN PUBLIC KEY-----' };
  const provenance = { verify_provenance: 'https://builder.example.com' };
  const table: [what: string, settings: Record<string, string>, faults: RegExp[]][] = [
    ['a key', key, []],
    ['an identity', { ...identity, ...issuer, ...root }, []],
    ['a builder that a key attests', { ...key, ...provenance }, []],
    ['a builder that an identity attests', { ...identity, ...issuer, ...root, ...provenance }, []],
    [
      'a builder that nobody attests',
      provenance,
      [/`verify_provenance` needs `verify_identity` or `verify_key`/],
    ],
    [
      'an identity alone',
      identity,
      [/`verify_identity` needs `verify_issuer`/, /`verify_identity` needs `verify_trusted_root`/],
    ],
    ['an issuer alone', issuer, [/`verify_issuer` needs `verify_identity`/]],
    ['a trusted root beside a key', { ...key, ...root }, [/`verify_trusted_root` needs `verify_identity`/]],
    [
      'both',
      { ...key, ...identity, ...issuer, ...root },
      [/`verify_key` and `verify_identity` are both set/],
    ],
    [
      'no registry',
      { ...identity, ...issuer, ...root, verify: 'false' },
      [/`verify_identity` needs the registry/],
    ],
  ];
  for (const [what, settings, expected] of table) {
    it(what, () => {
      const faults = faultsOf(environmentOf({ ...NATIVE, ...settings }));
      assert.equal(faults.length, expected.length, faults.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
    });
  }
});

describe('settings/cross-checks: testers', () => {
  it('a header is known by its value or by a pattern', () => {
    const both = { ...NATIVE, header: 'X-Canary', header_pattern: 'X-Tenant=^beta-' };
    assert.deepEqual(faultsOf(environmentOf(both)), [
      '`header` and `header_pattern` are both set; a router takes one of them.',
    ]);
    assert.deepEqual(faultsOf(environmentOf({ ...NATIVE, header_pattern: 'X-Tenant=^(beta|staff)-' })), []);
  });

  const patterns: [given: string, fault: RegExp][] = [
    ['X-Tenant', /is not a header with a pattern/],
    ['X Tenant=a', /is not a header with a pattern/],
    ['X-Tenant=(beta', /is not a regular expression/],
    ['X-Tenant=beta";}', /has characters that ingress-nginx does not allow/],
  ];
  for (const [given, fault] of patterns) {
    it(`header_pattern: ${given}`, () =>
      assert.match(faultsOf(environmentOf({ ...NATIVE, header_pattern: given }))[0] ?? '', fault));
  }
});

describe('settings/cross-checks: copies of requests', () => {
  const copying = { ...NATIVE, mirror_requests: '10% 30s' };
  const table: [what: string, settings: Record<string, string>, expected: RegExp[]][] = [
    ['a canary', {}, []],
    [
      'another strategy',
      { strategy: 'bluegreen' },
      [/`mirror_requests` is a stage before the users of a canary/],
    ],
    ['no judge', { false_alarm: '0' }, [/`mirror_requests` has no effect: `false_alarm: 0`/]],
  ];
  for (const [what, settings, expected] of table) {
    it(what, () => {
      const faults = faultsOf(environmentOf({ ...copying, ...settings }));
      assert.equal(faults.length, expected.length, faults.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
    });
  }
});
