import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outputsFile } from '../../src/ci/outputs-file.ts';

describe('ci/outputs-file', () => {
  const files: [what: string, env: Record<string, string>, expected: ReturnType<typeof outputsFile>][] = [
    ['none on Drone', { DRONE: 'true' }, undefined],
    ['none if the path is empty', { DRONE_OUTPUT: '', GITHUB_OUTPUT: '' }, undefined],
    ['Harness', { DRONE_OUTPUT: '/o' }, { path: '/o', variable: 'DRONE_OUTPUT', form: 'godotenv' }],
    [
      'an engine of Harness that has the newer name alone',
      { HARNESS_OUTPUT_FILE: '/o' },
      { path: '/o', variable: 'HARNESS_OUTPUT_FILE', form: 'godotenv' },
    ],
    ['GitHub', { GITHUB_OUTPUT: '/o' }, { path: '/o', variable: 'GITHUB_OUTPUT', form: 'github' }],
    [
      'a file of its own on GitHub',
      { GITHUB_OUTPUT: '/o', DRONE_OUTPUT: '/mine' },
      { path: '/mine', variable: 'DRONE_OUTPUT', form: 'godotenv' },
    ],
    [
      'a report of GitLab',
      { GITLAB_CI: 'true', DRONE_OUTPUT: 'promote.env' },
      { path: 'promote.env', variable: 'DRONE_OUTPUT', form: 'gitlab' },
    ],
  ];
  for (const [what, env, expected] of files) {
    it(`finds it for ${what}`, () => assert.deepEqual(outputsFile(env), expected));
  }
});
