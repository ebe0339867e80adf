import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withInputs } from '../../../src/settings/ci/github-inputs.ts';

describe('settings/github-inputs', () => {
  it('takes inputs as settings, except empty ones and those that a variable sets', () => {
    const env = withInputs({
      GITHUB_ACTIONS: 'true',
      INPUT_REPO: 'r/shop',
      INPUT_TAG: '',
      INPUT_DRY_RUN: 'true',
      PLUGIN_DRY_RUN: 'false',
    });
    assert.deepEqual([env.PLUGIN_REPO, env.PLUGIN_TAG, env.PLUGIN_DRY_RUN], ['r/shop', undefined, 'false']);
  });

  it('takes nothing for an input that another CI has', () => {
    const env = { DRONE: 'true', INPUT_REPO: 'r/shop' };
    assert.deepEqual(withInputs(env), env);
  });
});
