import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBuild } from '../../src/ci/build.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import { environments } from '../fixtures/ci/environments.ts';

const { github } = environments;

describe('ci/read-github', () => {
  it('reads who, what and where from its variables, and the promotion from the settings', () => {
    const { system, event, target, tag, ref, commit, repository, ...build } = readBuild(github, {
      event: 'promote',
      target: 'production',
    });
    assert.deepEqual(
      { system, event, target, tag, ref, commit, repository },
      {
        system: 'github',
        event: 'promote',
        target: 'production',
        tag: 'v1.4.2',
        ref: 'refs/tags/v1.4.2',
        commit: 'ffac537e6cbbf934b08745a378932722df287a53',
        repository: 'shop/web',
      },
    );
    assert.equal(
      describeBuild(readBuild(github)),
      'build 77 by ann (https://github.com/shop/web/actions/runs/1658821493)',
    );
    assert.equal(build.branch, '');
  });

  it('takes a run that is started again for the person who started it again', () =>
    assert.equal(readBuild({ ...github, GITHUB_TRIGGERING_ACTOR: 'bob' }).who, 'bob'));

  it('knows no tag of a branch', () => {
    const env = {
      ...github,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_REF_TYPE: 'branch',
    };
    const { tag, branch } = readBuild(env);
    assert.deepEqual({ tag, branch }, { tag: '', branch: 'main' });
  });
});
