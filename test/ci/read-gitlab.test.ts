import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBuild } from '../../src/ci/build.ts';
import { checkBuild } from '../../src/ci/check-build.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import { environments } from '../fixtures/ci/environments.ts';

const { gitlab } = environments;

describe('ci/read-gitlab', () => {
  it('reads who, what and where from its variables, the target from the environment of the job', () => {
    const build = readBuild(gitlab, { event: 'promote' });
    const { system, event, target, tag, ref, started, created } = build;
    assert.deepEqual(
      { system, event, target, tag, ref, started, created },
      {
        system: 'gitlab',
        event: 'promote',
        target: 'production',
        tag: 'v1.4.2',
        ref: 'refs/tags/v1.4.2',
        started: '1795478022',
        created: '1795478000',
      },
    );
    assert.equal(describeBuild(build), 'build 77 by ann (https://gitlab.example.com/shop/web/-/jobs/12345)');
  });

  it('takes the target from the settings if the job has no environment, and never against it', () => {
    const said = { event: 'promote', target: 'staging' };
    assert.equal(readBuild({ ...gitlab, CI_ENVIRONMENT_NAME: undefined }, said).target, 'staging');
    assert.equal(readBuild(gitlab, said).target, 'production');
  });

  it('refuses the pipeline of a merge request', () => {
    const { CI_COMMIT_TAG: _, ...rest } = gitlab;
    const env = { ...rest, CI_MERGE_REQUEST_REF_PATH: 'refs/merge-requests/7/head' };
    const build = readBuild(env, { event: 'promote' });
    assert.throws(() => checkBuild(build, { events: ['promote'], targets: ['production'] }), { code: 'ref' });
  });

  it('reads a branch as such', () => {
    const { CI_COMMIT_TAG: _, ...rest } = gitlab;
    const { tag, ref, branch } = readBuild({ ...rest, CI_COMMIT_BRANCH: 'main' });
    assert.deepEqual({ tag, ref, branch }, { tag: '', ref: 'refs/heads/main', branch: 'main' });
  });
});
