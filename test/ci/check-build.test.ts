import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Build } from '../../src/ci/build.ts';
import { type Allowed, checkBuild } from '../../src/ci/check-build.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import { PromoteError } from '../../src/errors.ts';

const ALLOWED: Allowed = { events: ['promote', 'rollback'], targets: ['production'] };
const BUILD: Build = {
  ...readBuild({}),
  system: 'drone',
  event: 'promote',
  target: 'production',
  ref: 'refs/tags/v1',
};

function refusalOf(build: Partial<Build>, allowed: Partial<Allowed> = {}): PromoteError {
  try {
    checkBuild({ ...BUILD, ...build }, { ...ALLOWED, ...allowed });
  } catch (error) {
    if (error instanceof PromoteError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('ci/check-build', () => {
  const taken: [what: string, build: Partial<Build>, allowed?: Partial<Allowed>][] = [
    ['a promotion', {}],
    ['a rollback', { event: 'rollback' }],
    ['another target that is allowed', { target: 'eu' }, { targets: ['production', 'eu'] }],
    ['another event that is allowed', { event: 'cron' }, { events: ['cron'] }],
    ['a branch', { ref: 'refs/heads/main' }],
    ['a branch with the name of pull requests', { ref: 'refs/heads/pull/7' }],
  ];
  for (const [what, build, allowed] of taken) {
    it(`takes ${what}`, () => checkBuild({ ...BUILD, ...build }, { ...ALLOWED, ...allowed }));
  }

  const refused: [what: string, build: Partial<Build>, code: string, message: RegExp][] = [
    [
      'a push',
      { event: 'push', target: '' },
      'event',
      /^This step acts on promote and rollback events; this one is "push"\.$/,
    ],
    ['no event', { event: '' }, 'event', /this one is not set\.$/],
    ['another case', { event: 'Promote' }, 'event', /this one is "Promote"\.$/],
    [
      'another target',
      { target: 'staging' },
      'target',
      /^This step promotes to production; the target of this build is "staging"\.$/,
    ],
    ['a target that begins like it', { target: 'production2' }, 'target', /"production2"/],
    ['no target', { target: '' }, 'target', /the target of this build is not set\.$/],
    [
      'a pull request of GitHub or Gitea',
      { ref: 'refs/pull/7/head' },
      'ref',
      /^The build is of a pull request \(refs\/pull\/7\/head\)/,
    ],
    ['one of GitLab', { ref: 'refs/merge-requests/7/head' }, 'ref', /Pull requests are not promoted/],
    ['one of Bitbucket', { ref: 'refs/pull-requests/7/from' }, 'ref', /Pull requests are not promoted/],
    ['a rollback to one', { event: 'rollback', ref: 'refs/pull/7/merge' }, 'ref', /pull request/],
  ];
  for (const [what, build, code, message] of refused) {
    it(`refuses ${what}`, () => {
      const error = refusalOf(build);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.hint);
    });
  }

  const when =
    'In the pipeline, the step needs:\n  when:\n    event: [ promote, rollback ]\n    target: [ production ]';

  it('shows the `when:` that the step wants', () => {
    assert.equal(refusalOf({ event: 'push' }).hint, when);
    assert.equal(
      refusalOf({ target: 'staging' }).hint,
      `${when}\nTo allow another target, add it to \`targets\`.`,
    );
    assert.match(
      refusalOf({ event: 'push' }, { events: ['promote'], targets: ['eu', 'us'] }).hint ?? '',
      /event: \[ promote \]\n {4}target: \[ eu, us \]$/,
    );
  });

  const hints: [system: Build['system'], hint: RegExp][] = [
    [
      'woodpecker',
      /when:\n {4}event: deployment\n {4}evaluate: 'CI_PIPELINE_DEPLOY_TARGET == "production"'\n/,
    ],
    ['woodpecker', /`event` and `target` have no effect\.$/],
    [
      'harness',
      /^In the settings of the step, write `event: promote` and `target: production`, because Harness/,
    ],
    ['github', /^Below `with:` of the step, write `event: promote` and `target: production`/],
    [
      'gitlab',
      /^In the job, write `environment: production`, and below `variables:` `PLUGIN_EVENT: promote`/,
    ],
    ['none', /^In the settings of the step, .* because a run without a CI has no such event\.$/],
  ];
  for (const [system, hint] of hints) {
    it(`tells in the words of ${system}: ${hint}`, () => {
      assert.match(refusalOf({ system, event: '' }).hint ?? '', hint);
      assert.match(
        refusalOf({ system, target: '' }).hint ?? '',
        /\nTo allow another target, add it to `targets`\.$/,
      );
    });
  }

  it('names each target that Woodpecker may start', () =>
    assert.match(
      refusalOf({ system: 'woodpecker', event: 'push' }, { targets: ['eu', 'us'] }).hint ?? '',
      /'CI_PIPELINE_DEPLOY_TARGET == "eu" \|\| CI_PIPELINE_DEPLOY_TARGET == "us"'/,
    ));

  it('names the event first, where all is wrong', () => {
    assert.equal(refusalOf({ event: 'pull_request', target: '', ref: 'refs/pull/7/head' }).code, 'event');
  });

  it('allows nobody where nothing is allowed', () => {
    assert.equal(refusalOf({ event: '' }, { events: [] }).code, 'event');
    assert.equal(refusalOf({ target: '' }, { targets: [] }).code, 'target');
  });
});
