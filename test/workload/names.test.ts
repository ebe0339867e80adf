import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leaseName } from '../../src/engines/native/lock/lease.ts';
import { canaryName, labelValueOf } from '../../src/workload/names.ts';

describe('workload/names', () => {
  it('appends -canary as long as there is room', () => {
    assert.equal(canaryName('web', 63), 'web-canary');
    assert.equal(canaryName('a'.repeat(56), 63), `${'a'.repeat(56)}-canary`);
  });

  it('cuts a long name and adds a hash of the whole, so that two do not meet', () => {
    const [one, two] = ['1', '2'].map((end) => canaryName(`${'a'.repeat(59)}-x${end}`, 63));
    assert.match(one ?? '', /^a{49}-[0-9a-f]{6}-canary$/);
    assert.equal(one?.length, 63);
    assert.notEqual(one, two);
    assert.equal(canaryName('a'.repeat(57), 253), `${'a'.repeat(57)}-canary`);
  });

  it('is the word alone if there is no name: a label may be empty', () => {
    assert.equal(canaryName('', 63), 'canary');
  });

  it('cuts the name of a workload to the value of a label, and the name of its Lease', () => {
    assert.equal(labelValueOf('web'), 'web');
    assert.equal(labelValueOf('a'.repeat(63)), 'a'.repeat(63));
    const names = ['1', '2'].map((end) => `${'a'.repeat(54)}.-${'b'.repeat(180)}${end}`);
    const [one, two] = names.map(labelValueOf);
    assert.match(one ?? '', /^a{54}-[0-9a-f]{6}$/);
    assert.notEqual(one, two);
    assert.ok(leaseName('c'.repeat(253)).length <= 253);
    assert.equal(leaseName('web'), 'drone-promote-web');
  });

  it('is a name of Kubernetes where the stable one is', () => {
    const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
    const names = fc
      .array(part, { minLength: 1, maxLength: 16 })
      .map((parts) => parts.join('.').slice(0, 253));
    fc.assert(
      fc.property(
        names.filter((name) => SUBDOMAIN.test(name)),
        fc.constantFrom(63, 253),
        (name, limit) => {
          const canary = canaryName(name, limit);
          assert.match(canary, SUBDOMAIN);
          assert.ok(canary.length <= limit && canary !== name);
          assert.equal(canary, canaryName(name, limit), 'a later run finds it again');
        },
      ),
      { numRuns: 2000 },
    );
  });
});
