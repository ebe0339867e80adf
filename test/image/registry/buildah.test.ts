import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildah,
  noBuildah,
  noRealRegistry,
  type RealRegistry,
  startRealRegistry,
} from '../../sim/registry/real.ts';
import { cosignKey, signImage } from '../../sim/registry/sign.ts';
import { prepare, refusal, releaseAt, tag } from './helpers.ts';

/** Images as a builder makes and pushes them, not as a test does, on the real registry. */
describe('images of buildah on docker-registry 2.8', { skip: noRealRegistry ?? noBuildah ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'drone-promote-buildah-'));
  let registry: RealRegistry;
  const run = (...args: string[]) => buildah(folder, ...args).trim();
  const push = (verb: readonly string[], source: string, to: string, digestFile: string) =>
    run(
      ...verb,
      '--tls-verify=false',
      '--digestfile',
      join(folder, digestFile),
      source,
      `docker://${registry.host}/${to}`,
    );

  /** An image of one file, which is run nowhere. */
  function image(name: string, architecture: string, format: 'oci' | 'docker'): void {
    const container = run('from', 'scratch');
    const file = join(folder, `${name}.txt`);
    writeFileSync(file, `${name} ${architecture}`);
    run('copy', container, file, '/app');
    run('config', '--arch', architecture, container);
    run('commit', '--rm', '--format', format, container, `localhost/${name}`);
  }

  before(async () => {
    registry = await startRealRegistry();
    for (const format of ['oci', 'docker'] as const) {
      image(`${format}-amd64`, 'amd64', format);
      image(`${format}-arm64`, 'arm64', format);
      const as = ['--format', format === 'oci' ? 'oci' : 'v2s2'];
      push(['push', ...as], `localhost/${format}-amd64`, `shop/${format}:1.0.0`, `${format}.digest`);
      run('manifest', 'create', `${format}-list`);
      for (const architecture of ['amd64', 'arm64'])
        run('manifest', 'add', `${format}-list`, `localhost/${format}-${architecture}`);
      push(
        ['manifest', 'push', '--all', ...as],
        `${format}-list`,
        `shop/${format}:1.1.0`,
        `${format}-list.digest`,
      );
    }
  });
  after(async () => {
    await registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const format of ['oci', 'docker'] as const) {
    it(`${format}: an image and a list have the digest that buildah has written to its digest file`, async () => {
      for (const [name, file, platforms] of [
        ['1.0.0', `${format}.digest`, 'linux/amd64'],
        ['1.1.0', `${format}-list.digest`, 'linux/amd64, linux/arm64'],
      ] as const) {
        const settings = { digest_file: join(folder, file), verify: 'strict' } as const;
        const { events } = await prepare(releaseAt(registry.host, name, `shop/${format}`), settings);
        assert.match(
          JSON.stringify(events),
          new RegExp(`sha256:[0-9a-f]{64} for ${platforms}; .*2 requests to the registry`),
        );
      }
      const other = { digest_file: join(folder, `${format}.digest`) };
      await assert.rejects(
        prepare(releaseAt(registry.host, '1.1.0', `shop/${format}`), other),
        refusal('digest', /The tag was moved since/),
      );
    });

    it(`${format}: a list that was tagged and brought elsewhere can be pulled, for each platform`, async () => {
      const release = releaseAt(registry.host, '1.1.0', `shop/${format}`);
      const { result } = await prepare(release);
      const digest = result.release.digest ?? '';
      await tag(
        { ...release, digest },
        { tags: ['production'], auto_tag: true, promote_to: `prod/${format}` },
      );
      for (const architecture of ['amd64', 'arm64']) {
        run(
          'pull',
          '--tls-verify=false',
          '--policy',
          'always',
          '--arch',
          architecture,
          `${registry.host}/prod/${format}:production`,
        );
        const { FromImageDigest, OCIv1 } = JSON.parse(
          run('inspect', '--type', 'image', `${registry.host}/prod/${format}:production`),
        );
        assert.equal(OCIv1.architecture, architecture, FromImageDigest);
      }
      const answer = await prepare(releaseAt(registry.host, '1', `prod/${format}`));
      assert.equal(answer.result.release.digest, digest);
    });

    it(`${format}: a list that was signed is believed`, async () => {
      const release = releaseAt(registry.host, '1.1.0', `shop/${format}`);
      const { digest = '' } = (await prepare(release)).result.release;
      const { key, pem } = cosignKey();
      await signImage(registry.target, `shop/${format}`, digest, key, { at: 'tag' });
      assert.equal((await prepare(release, { verify_key: pem })).result.release.digest, digest);
      await assert.rejects(
        prepare(releaseAt(registry.host, '1.0.0', `shop/${format}`), { verify_key: pem }),
        refusal('signature', /no signature/),
      );
    });
  }
});
