import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadSettings } from '../../../src/settings/load.ts';
import { environmentOf, faultsOf, NATIVE } from '../helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'drone-promote-harness-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HARNESS = { ...environmentOf(NATIVE), HARNESS_BUILD_ID: '12' };
const STEP_FILE = join(folder, 'promote-artifact');

describe('settings/harness', () => {
  it('ignores the file that Harness offers to each step for its artifact', () => {
    const env = { ...HARNESS, PLUGIN_ARTIFACT_FILE: STEP_FILE };
    const { settings, warnings } = loadSettings(env);
    assert.equal(settings.artifact_file, undefined);
    assert.deepEqual(warnings, []);
  });

  const written = join(folder, 'build-artifact');
  writeFileSync(written, '{}');
  const kept: [what: string, env: Record<string, string>][] = [
    ['it exists', { ...HARNESS, PLUGIN_ARTIFACT_FILE: written }],
    ['it has another name', { ...HARNESS, PLUGIN_ARTIFACT_FILE: join(folder, 'artifact.json') }],
    ['this is not Harness', { ...environmentOf(NATIVE), PLUGIN_ARTIFACT_FILE: STEP_FILE }],
  ];
  for (const [what, env] of kept) {
    it(`takes artifact_file as a setting if ${what}`, () =>
      assert.equal(loadSettings(env).settings.artifact_file, env.PLUGIN_ARTIFACT_FILE));
  }

  const FILES = ['METADATA_FILE', 'CACHE_METRICS_FILE', 'CACHE_INTEL_METRICS_FILE', 'BUILD_TOOL_FILE'];
  for (const name of FILES) {
    it(`ignores PLUGIN_${name}; other systems do not set it`, () => {
      const variable = { [`PLUGIN_${name}`]: '/harness/file' };
      assert.deepEqual(loadSettings({ ...HARNESS, ...variable }).warnings, []);
      assert.equal(faultsOf({ ...environmentOf(NATIVE), ...variable }).length, 1);
    });
  }

  it('warns of an unknown setting, because a variable of the stage reaches all of its steps', () => {
    const { warnings } = loadSettings({ ...HARNESS, PLUGIN_STEP: '5% 2m', PLUGIN_PUSH_ONLY: 'true' });
    assert.deepEqual(warnings, [
      '`step` is not a setting. Did you mean `steps`?',
      '`push_only` is not a setting.',
    ]);
  });

  it('refuses a known setting with a fault', () => {
    assert.match(faultsOf({ ...HARNESS, PLUGIN_TIMEOUT: 'soon' }).join(), /^`timeout` "soon" is not/);
  });
});
