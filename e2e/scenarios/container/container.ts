import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { RESTRICTED_POD } from '../../../src/workload/pod-security.ts';
import { startKeel } from '../../../test/sim/keel.ts';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  REPO,
  SETTINGS,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** Of the layers over the base image, uncompressed. */
const MOST_BYTES = 4_000_000;

const DIST = new URL('../../../dist/', import.meta.url).pathname;

/** A scenario whose steps run through the image: as root, in a workspace, with a read-only root filesystem and no terminal. */
function inImage(
  name: string,
  run: (world: World, image: NonNullable<World['image']>) => Promise<void>,
  more: Pick<Scenario, 'inFull'> = {},
): Scenario {
  return {
    ...more,
    name,
    only: 'lab',
    needs: ['container'],
    run(world) {
      assert.ok(world.image, 'the lab has built no image');
      return run(world, world.image);
    },
  };
}

export const scenarios: Scenario[] = [
  inImage('a promotion through the image, which writes its outputs into the workspace', async (world) => {
    await deployApp(world);
    const load = await world.load();
    const step = await world.step({ ...SETTINGS, report: 'promotion.html' }).done;
    const report = await load.stop();
    console.log(`# ${describeLoad(report)}`);
    assert.equal(step.code, 0, step.log);
    assertNoFailures(report, step);
    assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    assert.deepEqual(await leftovers(world), []);
    assert.equal(step.outputs.PROMOTE_OUTCOME, 'promoted');
    assert.doesNotMatch(step.log, /cannot be written/);
  }),

  inImage(
    'SIGTERM to the first process of the container ends the promotion in order',
    async (world) => {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 50);
      step.terminate();
      const { code, log, outputs } = await step.done;
      const report = await load.stop();
      assert.equal(code, 1, log);
      assert.match(log, /ABORTED/);
      assert.equal(outputs.PROMOTE_OUTCOME, 'aborted');
      assertNoFailures(report, { code, log, outputs });
      await asItWas(world);
    },
    { inFull: true },
  ),

  inImage(
    "Keel's webhook is sent from the image",
    async (world) => {
      const keel = await startKeel({});
      try {
        const none = { kubeconfig: undefined, namespace: undefined };
        const { code, log } = await world.step({ ...none, urls: keel.webhook, repo: REPO }).done;
        assert.equal(code, 0, log);
        assert.deepEqual(keel.queued, [`${REPO}:1.1.0`]);
      } finally {
        await keel.close();
      }
    },
    { inFull: true },
  ),

  inImage(
    'the image holds this bundle and nothing more, as root, below 4 MB',
    async (_, { root, config }) => {
      assert.deepEqual(config.Entrypoint, ['node', '/app/main.js']);
      assert.equal(config.User ?? '', '');
      assert.equal(config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
      assert.equal(config.Labels['org.opencontainers.image.version'], '0.0.0-lab');
      const app = join(root, 'app');
      assert.deepEqual(digests(app, isCompiled), digests(DIST, isCompiled));
      const bytes = filesOf(app).reduce((sum, file) => sum + statSync(join(app, file)).size, 0);
      console.log(`# ${bytes} bytes in ${filesOf(app).length} files`);
      assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
      for (const file of filesOf(app)) {
        assert.equal(
          statSync(join(app, file)).mode & 0o004,
          0o004,
          `user 1000 of a guard cannot read ${file}`,
        );
      }
    },
  ),

  inImage('the user of a guard can run it, with the compiled code', async (_, { root }) => {
    const { status, stdout, stderr } = spawnSync(
      'chroot',
      [`--userspec=${RESTRICTED_POD.runAsUser}`, root, '/usr/local/bin/node', '/app/main.js'],
      { env: { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, encoding: 'utf8' },
    );
    assert.equal(status, 2, stdout + stderr);
    assert.match(stdout, /REFUSED.*\(settings\)/);
    assert.match(stderr, /code cache for ESM file:\/\/\/app\/app\.js was accepted/);
    assert.doesNotMatch(stderr, /permission denied/i);
  }),

  inImage('the compiled code is made again byte for byte', async (_, { root }) => {
    const again = mkdtempSync('/tmp/image-again-');
    try {
      cpSync(join(root, 'usr'), join(again, 'usr'), { recursive: true, verbatimSymlinks: true });
      for (const link of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${link}`, join(again, link));
      cpSync(DIST, join(again, 'app'), { recursive: true, filter: (path) => !isCompiled(path) });
      cpSync(new URL('../../../scripts/warm-up.ts', import.meta.url), join(again, 'warm-up.ts'));
      execFileSync('chroot', [again, '/usr/local/bin/node', '/warm-up.ts', '/app'], {
        env: { PATH: process.env.PATH },
      });
      const [made, kept] = [digests(join(again, 'app')), digests(join(root, 'app'))];
      assert.ok(Object.keys(made).some(isCompiled), 'nothing was compiled');
      assert.deepEqual(made, kept);
    } finally {
      rmSync(again, { recursive: true });
    }
  }),
];

function isCompiled(path: string): boolean {
  return path.includes('.compile-cache');
}

function filesOf(folder: string): string[] {
  return (
    readdirSync(folder, { recursive: true, withFileTypes: true })
      // the listing also goes through the link to the compiled code
      .filter((entry) => entry.isFile() && !lstatSync(entry.parentPath).isSymbolicLink())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
      .sort()
  );
}

/** Of the files of a folder, by their paths. */
function digests(folder: string, isLeftOut: (path: string) => boolean = () => false): Record<string, string> {
  return Object.fromEntries(
    filesOf(folder)
      .filter((file) => !isLeftOut(file))
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ]),
  );
}
