import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBuild } from '../../src/ci/build.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import recorded from '../fixtures/drone/example.env.json' with { type: 'json' };

/** What is said of the commit, of which most tests say nothing. */
const UNSAID = { commit: '', branch: '', author: '', message: '', status: '', started: '', created: '' };

const NOTHING = {
  ...UNSAID,
  event: '',
  target: '',
  ref: '',
  tag: '',
  number: '',
  parent: '',
  link: '',
  who: '',
  repository: '',
};

const DRONE = {
  DRONE: 'true',
  DRONE_BUILD_EVENT: 'promote',
  DRONE_DEPLOY_TO: 'production',
  DRONE_COMMIT_REF: 'refs/tags/v1.4.2',
  DRONE_TAG: 'v1.4.2',
  DRONE_BUILD_NUMBER: '77',
  DRONE_BUILD_PARENT: '70',
  DRONE_BUILD_LINK: 'https://drone.example.com/shop/web/77',
  DRONE_BUILD_TRIGGER: 'ann',
  DRONE_REPO: 'shop/web',
};

const WOODPECKER = {
  CI_SYSTEM_NAME: 'woodpecker',
  CI_PIPELINE_EVENT: 'deployment',
  CI_PIPELINE_DEPLOY_TARGET: 'production',
  CI_PIPELINE_DEPLOY_TASK: 'deploy',
  CI_COMMIT_REF: 'refs/tags/v1.4.2',
  CI_COMMIT_TAG: 'v1.4.2',
  CI_PIPELINE_NUMBER: '77',
  CI_PIPELINE_PARENT: '70',
  CI_PIPELINE_URL: 'https://ci.example.com/repos/1/pipeline/77',
  CI_PIPELINE_AUTHOR: 'ann',
  CI_REPO: 'shop/web',
  // what it says for the sake of Drone's plugins lacks the promotion
  DRONE: 'true',
  DRONE_BUILD_EVENT: 'deployment',
  DRONE_TAG: '',
};

const READ = {
  ...UNSAID,
  event: 'promote',
  target: 'production',
  ref: 'refs/tags/v1.4.2',
  tag: 'v1.4.2',
  number: '77',
  parent: '70',
  who: 'ann',
  repository: 'shop/web',
};

describe('ci/read-build', () => {
  it('reads what Drone’s runner gave', () => {
    assert.deepEqual(readBuild(recorded), {
      ...NOTHING,
      system: 'drone',
      event: 'promote',
      target: 'production',
      ref: 'refs/tags/v1.4.2',
      tag: 'v1.4.2',
      number: '77',
      parent: '70',
      link: ':////77',
      status: 'success',
      started: '1795478022',
      created: '1795478022',
    });
  });

  it('reads Drone and Woodpecker to the same', () => {
    assert.deepEqual(readBuild(DRONE), { ...READ, system: 'drone', link: DRONE.DRONE_BUILD_LINK });
    assert.deepEqual(readBuild(WOODPECKER), {
      ...READ,
      system: 'woodpecker',
      link: WOODPECKER.CI_PIPELINE_URL,
    });
  });

  it('reads Harness, which lacks the promotion: the settings say it', () => {
    const { DRONE: _1, DRONE_BUILD_EVENT: _2, DRONE_DEPLOY_TO: _3, DRONE_BUILD_PARENT: _4, ...rest } = DRONE;
    const env = { ...rest, HARNESS_BUILD_ID: '77' };
    assert.deepEqual(readBuild(env), {
      ...READ,
      system: 'harness',
      link: DRONE.DRONE_BUILD_LINK,
      event: '',
      target: '',
      parent: '',
    });
    const said = { event: 'promote', target: 'production' };
    for (const event of [undefined, 'push', 'tag']) {
      const build = readBuild({ ...env, DRONE_BUILD_EVENT: event }, said);
      assert.deepEqual({ event: build.event, target: build.target }, said);
    }
  });

  it('reads none where there is none, and takes what the settings say', () => {
    assert.deepEqual(readBuild({}), { ...NOTHING, system: 'none' });
    assert.equal(readBuild({ USER: 'ann' }).who, 'ann');
    assert.deepEqual(readBuild({ CI: 'true' }, { event: 'promote', target: 'production' }), {
      ...NOTHING,
      system: 'none',
      event: 'promote',
      target: 'production',
    });
  });

  it('believes Drone and Woodpecker more than the settings: a push does not become a promotion', () => {
    const said = { event: 'promote', target: 'production' };
    const drone = readBuild({ ...DRONE, DRONE_BUILD_EVENT: 'push', DRONE_DEPLOY_TO: 'staging' }, said);
    assert.deepEqual([drone.event, drone.target], ['push', 'staging']);
    const woodpecker = readBuild(
      { ...WOODPECKER, CI_PIPELINE_EVENT: 'push', CI_PIPELINE_DEPLOY_TARGET: 'staging' },
      said,
    );
    assert.deepEqual([woodpecker.event, woodpecker.target], ['push', 'staging']);
    assert.equal(readBuild({ DRONE: 'true', DRONE_DEPLOY_TO: '' }, said).target, 'production');
  });

  it('takes Woodpecker’s task for the event of a deployment, and only of one', () => {
    const eventOf = (event: string, task: string) =>
      readBuild({ ...WOODPECKER, CI_PIPELINE_EVENT: event, CI_PIPELINE_DEPLOY_TASK: task }).event;
    assert.equal(eventOf('deployment', 'rollback'), 'rollback');
    assert.equal(eventOf('deployment', ''), 'promote');
    assert.equal(eventOf('push', 'rollback'), 'push');
    assert.equal(eventOf('pull_request', ''), 'pull_request');
  });

  const tags: [what: string, tag: string | undefined, ref: string, expected: string][] = [
    ['as it is', 'v1.4.2', 'refs/tags/v1.4.2', 'v1.4.2'],
    ['from the ref', undefined, 'refs/tags/v1.4.2', 'v1.4.2'],
    ['from the ref, where it is empty', '', 'refs/tags/release/1.4', 'release/1.4'],
    ['from a bare ref', undefined, 'v1.4.2', 'v1.4.2'],
    ['from a bare ref without v', undefined, '1.4.2', '1.4.2'],
    ['none from a bare branch', undefined, 'main', ''],
    ['none from a branch', undefined, 'refs/heads/v1.4.2', ''],
    ['none from the branch that 3.13 gives as tag', 'refs/heads/main', 'refs/heads/main', ''],
    ['from the ref that 3.13 gives as tag', 'refs/tags/v1.4.2', 'refs/tags/v1.4.2', 'v1.4.2'],
  ];
  for (const [what, tag, ref, expected] of tags) {
    it(`reads Woodpecker’s tag: ${what}`, () => {
      assert.equal(readBuild({ ...WOODPECKER, CI_COMMIT_TAG: tag, CI_COMMIT_REF: ref }).tag, expected);
    });
  }

  it('describes a build for people, without a link that is none', () => {
    assert.equal(describeBuild(readBuild(DRONE)), 'build 77 by ann (https://drone.example.com/shop/web/77)');
    assert.equal(describeBuild(readBuild(recorded)), 'build 77');
    assert.equal(describeBuild(readBuild({})), 'a run without a build number');
    assert.equal(
      describeBuild(readBuild({ ...DRONE, DRONE_BUILD_LINK: 'javascript:alert(1)' })),
      'build 77 by ann',
    );
  });
});
