import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Build } from '../../src/ci/build.ts';
import { systemOf } from '../../src/ci/detect.ts';

describe('ci/detect', () => {
  const systems: [what: string, env: Record<string, string>, system: Build['system']][] = [
    ['Drone', { CI: 'true', DRONE: 'true' }, 'drone'],
    ['Drone, by its event', { DRONE_BUILD_EVENT: 'promote' }, 'drone'],
    ['Woodpecker, which sets Drone’s', { CI_SYSTEM_NAME: 'woodpecker', DRONE: 'true' }, 'woodpecker'],
    ['Harness, which sets Drone’s', { HARNESS_BUILD_ID: '12', DRONE: 'true' }, 'harness'],
    ['GitHub', { CI: 'true', GITHUB_ACTIONS: 'true' }, 'github'],
    ['Gitea, which sets GitHub’s', { CI: 'true', GITEA_ACTIONS: 'true', GITHUB_ACTIONS: 'true' }, 'github'],
    ['GitLab', { CI: 'true', GITLAB_CI: 'true' }, 'gitlab'],
    ['none', { CI: 'true' }, 'none'],
    ['none by a variable of another value', { DRONE: 'false', GITHUB_ACTIONS: '', GITLAB_CI: 'no' }, 'none'],
  ];
  for (const [what, env, system] of systems) {
    it(`finds ${what}`, () => assert.equal(systemOf(env), system));
  }
});
