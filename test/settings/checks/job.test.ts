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
    [{ job: {}, max: 1 }, /check 1: `max` does not go with `job`/],
    [{ job: {}, url: 'http://x' }, /`url` does not go with `job`/],
    [{ job: 'smoke' }, /`job` is not a map/],
    [{ job: null }, /`job` is not a map/],
    [{ name: 3, job: {} }, /`name` is not a text/],
    [{ job: { commands: [] } }, /"commands" in `job` is not one of image, command, args/],
    [{ job: { command: 'make smoke' } }, /`command` is not a list/],
    [{ job: { args: [['a']] } }, /`args` is not a text/],
    [{ job: { image: '' } }, /`image` is not a text/],
    [{ job: { env: ['A=b'] } }, /`env` is not a map/],
    [{ job: { env: { 'A B': 'c' } } }, /"A B" in `env` is no variable/],
    [{ job: { env: { A: { from_secret: 'x' } } } }, /`env.A` is not a text/],
    [{ job: { timeout: 'soon' } }, /"soon" is not a duration/],
    [{ job: { timeout: '500ms' } }, /`timeout` is at least 1s/],
  ];
  for (const [check, message] of faults) {
    it(`refuses ${JSON.stringify(check)}`, () => assert.throws(() => parsed(check), message));
  }
});
