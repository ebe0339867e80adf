import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../scripts/launcher.js', import.meta.url));

/** Runs the launcher on a Node that says that it is of this version. */
function runOn(version: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, LAUNCHER, '--version'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('scripts/launcher', () => {
  for (const version of ['20.20.2', '22.12.0']) {
    it(`refuses Node ${version} and says what it needs`, () => {
      const { status, stderr } = runOn(version);
      assert.equal(status, 2);
      assert.equal(stderr, `drone-promote needs Node 24 or newer; this is Node ${version}.\n`);
    });
  }

  // the bundle is not beside the launcher's source, so it ends where the bundle is loaded
  it('goes on with Node 24', () => assert.match(runOn('24.0.0').stderr, /Cannot find module .*app\.js/));
});
