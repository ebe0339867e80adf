import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moments, receivers } from '../../src/settings/receivers.ts';

describe('settings/receivers', () => {
  it('reads forms and addresses, also with = and credentials in the address', () =>
    assert.deepEqual(receivers('slack=https://h.example/a?b=c, github=https://x:key@api.github.example'), [
      { form: 'slack', url: 'https://h.example/a?b=c' },
      { form: 'github', url: 'https://x:key@api.github.example' },
    ]));

  const bad: [given: string, message: RegExp][] = [
    ['https://h.example/s3cret', /element 1 is not of the form FORM=URL/],
    ['slack=https://h.example/a,discord=https://h.example/s3cret', /element 2 is not of the form/],
    ['slack=s3cret', /element 1 \(slack=…\) has no http or https URL/],
    ['slack=', /element 1 \(slack=…\)/],
  ];
  for (const [given, message] of bad) {
    it(`refuses ${given}, without the address in the message`, () =>
      assert.throws(
        () => receivers(given),
        (error: Error) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /s3cret/);
          return true;
        },
      ));
  }

  it('reads moments', () => assert.deepEqual(moments('held, failed'), ['held', 'failed']));
  it('names the moments that there are', () =>
    assert.throws(() => moments('ended'), /"ended" is not one of started, held, promoted, failed/));
});
