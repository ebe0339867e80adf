import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ImageSettings } from '../../../src/image/prepare.ts';
import { DOCKER, type ImageTarget, OCI, putImage, putIndex } from '../../sim/registry/images.ts';
import { cosignKey, signImage } from '../../sim/registry/sign.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { prepare, refusal, releaseAt, tag } from './helpers.ts';

/** A registry under test: the built-in one, or the real one. */
export interface TestRegistry {
  host: string;
  target: ImageTarget;
  close(): Promise<void>;
}

export type Auth = 'none' | 'basic' | 'token';

/** What any registry must do; told on the built-in one by every `npm test`, and on the real one where it is installed. */
export function registryCases(
  kind: string,
  start: (auth: Auth) => Promise<TestRegistry>,
  user: { name: string; password: string },
  { skip = false as string | false } = {},
): void {
  const credentials: ImageSettings = { registry_username: user.name, registry_password: user.password };

  describe(`${kind}: an image is looked at`, { skip }, () => {
    let registry: TestRegistry;
    before(async () => {
      registry = await start('none');
    });
    after(() => registry?.close());
    const get = (tag: string, path?: string) => releaseAt(registry.host, tag, path);

    for (const [format, types] of [
      ['OCI', OCI],
      ['Docker', DOCKER],
    ] as const) {
      it(`gives the digest of an image and of an index in ${format}'s format, with at most two requests`, async () => {
        const path = `shop/${format.toLowerCase()}`;
        const image = await putImage(registry.target, path, 'one', { types });
        const index = await putIndex(registry.target, path, 'many', ['amd64', 'arm64'], { types });
        for (const [name, pushed, platforms] of [
          ['one', image, 'linux/amd64'],
          ['many', index, 'linux/amd64, linux/arm64/v8'],
        ] as const) {
          const { result, events } = await prepare(get(name, path));
          assert.equal(result.release.digest, pushed.digest);
          const said = events.flatMap((event) => ('message' in event ? [event.message] : [])).join('\n');
          assert.match(said, new RegExp(`^${pushed.digest} for ${platforms}; `));
          const requests = Number(/(\d+) requests to the registry/.exec(said)?.[1]);
          assert.ok(requests <= 2, said);
        }
      });
    }

    it('says of a missing tag which ones are near, and of a missing repository that it is missing', async () => {
      for (const name of ['1.4.1', '1.4.2', '2.0.0', 'latest'])
        await putImage(registry.target, 'shop/near', name);
      await assert.rejects(
        prepare(get('v1.4.2', 'shop/near')),
        refusal('image', /nearest tags that exist: 1\.4\.2, 1\.4\.1/),
      );
      await assert.rejects(prepare(get('1.0.0', 'shop/nothing')), refusal('image', /no such repository/));
    });

    it('puts tags on an index byte for byte, with less than 20 kB on the wire', async () => {
      const path = 'shop/tags';
      const pushed = await putIndex(registry.target, path, '1.2.3', ['amd64', 'arm64']);
      const proxy = await startCountingProxy(registry.host);
      try {
        const release = { ...releaseAt(proxy.host, '1.2.3', path), digest: pushed.digest };
        const said = await tag(release, { tags: ['latest', 'production'], auto_tag: true });
        assert.deepEqual(said, [
          `${path}:latest: new, is ${pushed.digest}`,
          `${path}:production: new, is ${pushed.digest}`,
          `${path}:1.2.3: is ${pushed.digest} already`,
          `${path}:1.2: new, is ${pushed.digest}`,
          `${path}:1: new, is ${pushed.digest}`,
        ]);
        assert.ok(proxy.bytes() < 20_000, `${proxy.bytes()} bytes`);
      } finally {
        await proxy.close();
      }
      for (const name of ['latest', 'production', '1', '1.2']) {
        const answer = await fetch(`http://${registry.host}/v2/${path}/manifests/${name}`, {
          headers: { Accept: pushed.mediaType },
        });
        assert.deepEqual(Buffer.from(await answer.arrayBuffer()), pushed.bytes);
        assert.equal(answer.headers.get('content-type'), pushed.mediaType);
      }
    });

    it('never lowers a moving tag, but on a rollback', async () => {
      const path = 'shop/moving';
      const release = async (name: string) => {
        const { digest } = await putImage(registry.target, path, name, { content: name });
        return { ...releaseAt(registry.host, name, path), digest };
      };
      const [old, patch, next] = [await release('1.2.3'), await release('1.2.4'), await release('1.3.0')];
      await tag(next, { auto_tag: true });
      assert.deepEqual(await tag(patch, { auto_tag: true }), [
        `${path}:1.2.4: is ${patch.digest} already`,
        `${path}:1.2: new, is ${patch.digest}`,
        `${path}:1: stays on 1.3.0, which is higher than 1.2.4`,
      ]);
      assert.match((await tag(old, { auto_tag: true })).join('\n'), /1\.2: stays on 1\.2\.4/);
      assert.deepEqual((await tag(patch, { auto_tag: true }, { back: true })).slice(1), [
        `${path}:1.2: is ${patch.digest} already`,
        `${path}:1: was ${next.digest}, is ${patch.digest}`,
      ]);
      // 1.3.0 exists, and nobody promotes it again: a patch of 1.2 may have `1` now
      const later = await release('1.2.5');
      assert.match(
        (await tag(later, { auto_tag: true })).join('\n'),
        new RegExp(`moving:1: was ${patch.digest}, is`),
      );
    });

    it('brings an index to another repository: layers mounted, the bytes the same', async () => {
      const pushed = await putIndex(registry.target, 'shop/web', '2.0.0', ['amd64', 'arm64']);
      const release = { ...releaseAt(registry.host, '2.0.0'), digest: pushed.digest };
      const said = await tag(release, { promote_to: 'prod/web', tags: ['latest'] });
      assert.deepEqual(said, [
        `prod/web@${pushed.digest}: from shop/web; its layers were mounted, none was copied`,
        `prod/web:2.0.0: new, is ${pushed.digest}`,
        `prod/web:latest: new, is ${pushed.digest}`,
      ]);
      const { result } = await prepare(get('latest', 'prod/web'));
      assert.equal(result.release.digest, pushed.digest);
      await assert.rejects(prepare(get('latest', 'shop/web')), refusal('image', /2\.0\.0/));
    });

    for (const at of ['tag', 'referrers-tag'] as const) {
      it(`believes a signature at cosign's ${at}, and no other`, async () => {
        const path = `shop/signed-${at}`;
        const { key, pem } = cosignKey();
        const own = await putIndex(registry.target, path, '1.0.0', ['amd64'], { content: at });
        const other = await putImage(registry.target, path, 'other', { content: `other ${at}` });
        await assert.rejects(
          prepare(get('1.0.0', path), { verify_key: pem }),
          refusal('signature', /has no signature/),
        );
        await signImage(registry.target, path, own.digest, key, { at });
        const { result } = await prepare(get('1.0.0', path), { verify_key: pem });
        assert.equal(result.release.digest, own.digest);
        await assert.rejects(
          prepare(get('1.0.0', path), { verify_key: cosignKey().pem }),
          refusal('signature', /made with another key/),
        );
        await signImage(registry.target, path, other.digest, key, { at, payloadFor: own.digest });
        await assert.rejects(
          prepare(get('other', path), { verify_key: pem }),
          refusal('signature', new RegExp(`it is for ${own.digest}`)),
        );
      });
    }
  });

  for (const auth of ['basic', 'token'] as const) {
    describe(`${kind}: ${auth} authentication`, { skip }, () => {
      let registry: TestRegistry;
      before(async () => {
        registry = await start(auth);
        for (const path of ['shop/web', 'open/web'])
          await putIndex(registry.target, path, '1.0.0', ['amd64', 'arm64']);
      });
      after(() => registry?.close());

      it('lets in who has the credentials: to look, to tag, to bring to another repository', async () => {
        const { result } = await prepare(releaseAt(registry.host, '1.0.0'), credentials);
        const { release } = result;
        assert.match(release.digest ?? '', /^sha256:/);
        const said = await tag(
          { ...release, digest: release.digest ?? '' },
          { ...credentials, tags: ['latest'] },
        );
        assert.match(said.join('\n'), /shop\/web:latest: (new|is)/);
        const brought = await tag(
          { ...release, digest: release.digest ?? '' },
          { ...credentials, promote_to: 'prod/web' },
        );
        assert.match(brought.join('\n'), /its layers were mounted/);
      });

      it('refuses wrong credentials, and without any says what to set', async () => {
        const wrong = { ...credentials, registry_password: 'wrong' };
        await assert.rejects(
          prepare(releaseAt(registry.host, '1.0.0'), wrong),
          refusal('registry-denied', /refuses the credentials/),
        );
        const { events, result } = await prepare(releaseAt(registry.host, '1.0.0'));
        assert.equal(result.release.digest, undefined);
        assert.match(
          JSON.stringify(events),
          /"warning".*was not checked\. Set `registry_username`|requires credentials/,
        );
        await assert.rejects(
          prepare(releaseAt(registry.host, '1.0.0'), { verify: 'strict' }),
          refusal('registry-denied', /registry_username|config/),
        );
      });

      it('takes them from a docker config, or from the pull secrets of the workload', async () => {
        const encoded = Buffer.from(`${user.name}:${user.password}`).toString('base64');
        const config = JSON.stringify({ auths: { [`http://${registry.host}/v2/`]: { auth: encoded } } });
        const byConfig = await prepare(releaseAt(registry.host, '1.0.0'), { config });
        const bySecret = await prepare(
          releaseAt(registry.host, '1.0.0'),
          {},
          { pullSecrets: async () => [config] },
        );
        assert.match(byConfig.result.release.digest ?? '', /^sha256:/);
        assert.equal(bySecret.result.release.digest, byConfig.result.release.digest);
      });

      if (auth === 'token') {
        it('lets anybody look who may by the token server', async () => {
          const { result } = await prepare(releaseAt(registry.host, '1.0.0', 'open/web'));
          assert.match(result.release.digest ?? '', /^sha256:/);
        });
      }
    });
  }
}
