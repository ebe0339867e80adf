import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checksByKind } from '../../../src/settings/checks/job.ts';
import { parseChecks } from '../../../src/settings/checks/parse.ts';

const parsed = (check: object) => checksByKind(parseChecks(JSON.stringify([check])));

describe('settings/checks/job', () => {
  it('reads a job with its defaults: the image of the release, ten minutes', () => {
    const { jobs, measured } = parsed({ name: 'smoke', job: {} });
    assert.deepEqual(measured, []);
    assert.deepEqual(jobs, [
      {
        name: 'smoke',
        job: {
          image: undefined,
          command: [],
          args: [],
          env: {},
          serviceAccount: undefined,
          timeoutMs: 600_000,
        },
      },
    ]);
  });

  it('reads all of it, and makes texts of what YAML made numbers and truths of', () => {
    const job = {
      image: 'k6:1',
      command: ['k6', 'run'],
      args: ['--vus', 10],
      env: { RATE: 10, FAST: true },
      service_account: 'tester',
      timeout: '90s',
    };
    assert.deepEqual(parsed({ job }).jobs[0], {
      name: 'job',
      job: {
        image: 'k6:1',
        command: ['k6', 'run'],
        args: ['--vus', '10'],
        env: { RATE: '10', FAST: 'true' },
        serviceAccount: 'tester',
        timeoutMs: 90_000,
      },
    });
  });

  it('stands beside checks of other kinds', () => {
    const text = JSON.stringify(['success-rate >= 99%', { name: 'smoke', job: {} }]);
    const { jobs, measured } = checksByKind(parseChecks(text));
    assert.deepEqual(
      [jobs.map(({ name }) => name), measured.map(({ name }) => name)],
      [['smoke'], ['success-rate']],
    );
  });

  const faults: [check: object, message: RegExp][] = [
    [{ job: {}, max: 1 }, /check 1: `max` cannot be used with `job`/],
    [{ job: {}, url: 'http://x' }, /`url` cannot be used with `job`/],
    [{ job: 'smoke' }, /`job` must be a map/],
    [{ job: null }, /`job` must be a map/],
    [{ name: 3, job: {} }, /`name` must be a string/],
    [{ job: { commands: [] } }, /unknown key "commands" in `job`; the keys are image, command, args/],
    [{ job: { command: 'make smoke' } }, /`command` must be a list/],
    [{ job: { args: [['a']] } }, /`args` must be a string/],
    [{ job: { image: '' } }, /`image` must be a string that is not empty/],
    [{ job: { env: ['A=b'] } }, /`env` must be a map/],
    [{ job: { env: { 'A B': 'c' } } }, /"A B" in `env` is not a valid variable name/],
    [{ job: { env: { A: { from_secret: 'x' } } } }, /`env.A` must be a string/],
    [{ job: { timeout: 'soon' } }, /"soon" is not a duration/],
    [{ job: { timeout: '500ms' } }, /`timeout` must be at least 1s/],
  ];
  for (const [check, message] of faults) {
    it(`refuses ${JSON.stringify(check)}`, () => assert.throws(() => parsed(check), message));
  }
});
