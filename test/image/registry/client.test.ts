import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { intoStore, OCI, putImage, putIndex } from '../../sim/registry/images.ts';
import { type RegistryOptions, type SimRegistry, startRegistry } from '../../sim/registry/server.ts';
import { cosignKey, signImage } from '../../sim/registry/sign.ts';
import { deps, prepare, refusal, releaseAt, tag } from './helpers.ts';

const open: { close(): Promise<void> | void }[] = [];
after(async () => {
  for (const each of open) await each.close();
});

async function started(options: RegistryOptions = {}): Promise<SimRegistry> {
  const registry = await startRegistry(options);
  open.push(registry);
  return registry;
}

/** A registry with shop/web:1.0.0. */
async function withImage(options: RegistryOptions = {}) {
  const registry = await started(options);
  const to = intoStore(registry.store);
  const pushed = await putIndex(to, 'shop/web', '1.0.0', ['amd64', 'arm64']);
  const release = { ...releaseAt(registry.host, '1.0.0'), digest: pushed.digest };
  return { registry, to, pushed, release };
}

const users = { ann: 'pa55' };
const ann = { registry_username: 'ann', registry_password: 'pa55' };

describe('a registry that is in trouble', () => {
  it('is waited for where it limits the rate, as long as it says', async () => {
    const { registry, release } = await withImage();
    registry.fail({ status: 429, headers: { 'Retry-After': '3' } }, { status: 503 });
    const slept: number[] = [];
    const clock = { ...deps.clock, sleep: async (ms: number) => void slept.push(ms) };
    const { result } = await prepare(release, {}, { clock });
    assert.equal(result.release.digest, release.digest);
    assert.deepEqual(slept, [3000, 1000]);
  });

  it('is not waited for longer than ten seconds', async () => {
    const { registry, release } = await withImage();
    registry.fail({ status: 429, headers: { 'Retry-After': '3600' } });
    const { events } = await prepare({ ...release, tag: '1.0.0' });
    assert.match(JSON.stringify(events), /limits the rate of requests \(429\) for longer than the timeout/);
    assert.equal(registry.seen.length, 1);
  });

  it('that hangs costs a promotion a few seconds', { timeout: 20_000 }, async () => {
    for (const fault of ['hang', 'drip'] as const) {
      const { registry, release } = await withImage();
      registry.fail(fault);
      const begun = performance.now();
      const { events, result } = await prepare(releaseAt(registry.host, release.tag));
      assert.ok(performance.now() - begun < 5_000, `${performance.now() - begun} ms`);
      assert.match(
        JSON.stringify(events),
        /"warning","message":"The registry at \S+ cannot be reached: it did not answer in time/,
      );
      assert.equal(result.release.digest, undefined);
    }
  });

  it('whose connection breaks is asked again', async () => {
    const { registry, release } = await withImage();
    registry.fail('reset');
    assert.equal((await prepare(release)).result.release.digest, release.digest);
  });

  it('that is not there, or that is no registry, is told', async () => {
    const nobody = releaseAt('127.0.0.1:1', '1.0.0');
    const { events } = await prepare(nobody);
    assert.match(JSON.stringify(events), /cannot be reached: .*ECONNREFUSED/);
    await assert.rejects(
      prepare(nobody, { verify: 'strict' }),
      refusal('registry-unreachable', /ECONNREFUSED/),
    );
    for (const settings of [{ pin: 'digest' as const }, { tags: ['latest'] }, { auto_tag: true }]) {
      await assert.rejects(
        prepare(nobody, settings),
        refusal('registry-unreachable', /`(pin|tags|auto_tag)` cannot be done without it/),
      );
    }
  });
});

describe('a registry that is not to be trusted', () => {
  const hostile: [what: string, bytes: Buffer, type: string | undefined, said: RegExp][] = [
    [
      'too large',
      Buffer.alloc(10 * 1024 * 1024, ' '),
      undefined,
      /more than 4194304 bytes, the limit|larger than/,
    ],
    ['no JSON', Buffer.from('<html>'), undefined, /not a JSON object/],
    ['of another type', Buffer.from('{"layers": []}'), 'text/html', /neither OCI nor Docker/],
  ];
  for (const [what, bytes, type, said] of hostile) {
    it(`is refused when its manifest is ${what}`, async () => {
      const { registry, release } = await withImage();
      registry.store.tamper('shop/web', '1.0.0', bytes, type);
      const answer = prepare(release, { verify: 'strict' });
      await assert.rejects(answer, (error) => said.test(String(error)));
    });
  }

  it('has its digest recomputed: other bytes for a child are refused, whatever its headers say', async () => {
    const { registry, pushed, release } = await withImage();
    const [child] = JSON.parse(pushed.bytes.toString()).manifests;
    registry.store.tamper(
      'shop/web',
      child.digest,
      Buffer.from(JSON.stringify({ mediaType: OCI.image, layers: [] })),
    );
    await assert.rejects(prepare(release), refusal('manifest', /its digest is \S+ instead of/));
  });

  it('gets no credentials where it redirects to another host', async () => {
    const given: (string | undefined)[] = [];
    const { registry, to, release: index } = await withImage({ auth: { kind: 'basic', users } });
    await putImage(to, 'shop/web', 'one');
    const elsewhere = http.createServer((request, response) => {
      given.push(request.headers.authorization);
      response.end(registry.store.blob((request.url ?? '').slice(1)));
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => void elsewhere.close() });
    registry.options.blobsAt = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const { events } = await prepare({ ...index, tag: 'one', image: `${index.repository}:one` }, ann);
    assert.match(JSON.stringify(events), /for linux\/amd64; /);
    assert.deepEqual(given, [undefined]);
    assert.ok(registry.seen.some(({ authorization }) => authorization?.startsWith('Basic ')));
  });

  it('gets no further than a few redirects', async () => {
    const { registry, release } = await withImage();
    for (let i = 0; i < 10; i++)
      registry.fail({ status: 307, headers: { Location: '/v2/shop/web/manifests/1.0.0' } });
    const { events } = await prepare(release);
    assert.match(JSON.stringify(events), /redirects without a target/);
    assert.ok(registry.seen.length <= 6);
  });
});

describe('tokens', () => {
  it('are asked for once for each scope, and again when they have run out', async () => {
    const { registry, release } = await withImage({
      auth: { kind: 'token', users, anonymous: [], lasts: 2 },
    });
    const { result } = await prepare(release, ann);
    assert.equal(registry.tokenRequests.length, 1);
    assert.match(registry.tokenRequests[0]?.path ?? '', /service=sim&scope=repository%3Ashop%2Fweb%3Apull$/);
    const said = await tag(
      { ...release, digest: result.release.digest ?? '' },
      { ...ann, tags: ['a', 'b', 'c'] },
    );
    assert.equal(said.length, 3);
    assert.ok(registry.tokenRequests.length > 3, 'tokens had run out');
  });

  it('are got with an identity token, as Azure’s and Docker Hub’s helpers leave it', async () => {
    const auth = { kind: 'token', users, anonymous: [], identityTokens: ['refresh-me'] } as const;
    const { registry, release } = await withImage({ auth });
    const config = JSON.stringify({
      auths: {
        [registry.host]: { auth: Buffer.from('0000:').toString('base64'), identitytoken: 'refresh-me' },
      },
    });
    assert.equal((await prepare(release, { config })).result.release.digest, release.digest);
    assert.equal(registry.tokenRequests[0]?.method, 'POST');
  });
});

describe('tags that cannot be set as usual', () => {
  it('says that a registry forbids to overwrite, and which tag', async () => {
    const { to, release } = await withImage({ immutable: true });
    await putImage(to, 'shop/web', 'latest', { content: 'other' });
    await assert.rejects(
      tag(release, { tags: ['new', 'latest'] }),
      refusal(
        'tag-locked',
        /does not allow moving the tag shop\/web:latest \(400: TAG_INVALID.*\n.*immutable/,
      ),
    );
    // what is right already is no overwriting
    assert.deepEqual(await tag(release, { tags: ['new'] }), [`shop/web:new: is ${release.digest} already`]);
  });

  it('says that the credentials may not write', async () => {
    const { release } = await withImage({ readOnly: ['shop/web'] });
    await assert.rejects(tag(release, { tags: ['latest'] }), refusal('registry-denied', /./));
  });

  it('copies the layers where a registry mounts none', async () => {
    const { registry, pushed, release } = await withImage({ noMount: true });
    const said = await tag(release, { promote_to: 'prod/web' });
    assert.match(said[0] ?? '', /from shop\/web; \d+ bytes were copied/);
    assert.deepEqual(registry.store.manifest('prod/web', '1.0.0')?.bytes, pushed.bytes);
    for (const digest of registry.store.repository('shop/web')?.blobs ?? []) {
      assert.ok(registry.store.repository('prod/web')?.blobs.has(digest));
    }
  });

  it('reads all pages of a list of tags', async () => {
    const { to, release } = await withImage({ pageSize: 7 });
    for (let patch = 1; patch <= 40; patch++)
      await putImage(to, 'shop/web', `1.0.${patch}`, { content: `${patch}` });
    await putImage(to, 'shop/web', '1', { content: '40' });
    assert.match(
      (await tag(release, { auto_tag: true })).join('\n'),
      /web:1: stays on 1\.0\.40, which is higher than 1\.0\.0/,
    );
  });

  it('moves less than 20 kB for an image of a gigabyte', async () => {
    const { registry } = await withImage();
    const layer = { mediaType: OCI.layer, digest: `sha256:${'f'.repeat(64)}`, size: 1_000_000_000 };
    registry.store.pretendBlob('shop/web', layer.digest);
    const digest = registry.store.putManifest('shop/web', '9.0.0', {
      mediaType: OCI.image,
      bytes: Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: OCI.image, config: layer, layers: [layer] }),
      ),
    });
    registry.seen.length = 0;
    await tag(
      { ...releaseAt(registry.host, '9.0.0'), digest },
      { tags: ['latest', 'production'], auto_tag: true, promote_to: 'prod/web' },
    );
    const moved = registry.seen.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
    assert.ok(moved > 0 && moved < 20_000, `${moved} bytes`);
    assert.equal(registry.store.manifest('prod/web', 'latest')?.digest, digest);
  });

  it('refuses another registry, before anything is touched', async () => {
    const { release } = await withImage();
    await assert.rejects(
      prepare(release, { promote_to: 'r.example.com/prod/web' }),
      refusal('promote-to', /not a repository of/),
    );
    await assert.rejects(prepare(release, { tags: ['a/b'] }), refusal('tag', /is not a tag/));
  });
});

describe('signatures', () => {
  for (const kind of ['ec', 'rsa', 'ed25519'] as const) {
    for (const form of [{ at: 'tag' }, { at: 'referrers' }, { at: 'referrers', bundle: true }] as const) {
      it(`${kind}, at ${form.at}${'bundle' in form ? ' in a bundle' : ''}`, async () => {
        const { to, release } = await withImage();
        const { key, pem } = cosignKey(kind);
        await signImage(to, 'shop/web', release.digest, key, form);
        assert.equal((await prepare(release, { verify_key: pem })).result.release.digest, release.digest);
        await assert.rejects(
          prepare(release, { verify_key: cosignKey(kind).pem }),
          refusal('signature', /another key/),
        );
      });
      it(`${kind}, at ${form.at}${'bundle' in form ? ' in a bundle' : ''}, for another digest`, async () => {
        const { to, release } = await withImage();
        const { key, pem } = cosignKey(kind);
        const payloadFor = `sha256:${'0'.repeat(64)}`;
        await signImage(to, 'shop/web', release.digest, key, { ...form, payloadFor });
        await assert.rejects(
          prepare(release, { verify_key: pem }),
          refusal('signature', /it is for (sha256:0+|another digest)/),
        );
      });
    }
  }

  it('wants a public key', async () => {
    const { release } = await withImage();
    const secret = cosignKey().key.export({ type: 'pkcs8', format: 'pem' }).toString();
    await assert.rejects(prepare(release, { verify_key: secret }), refusal('verify-key', /private key/));
    await assert.rejects(
      prepare(release, { verify_key: '-----BEGIN PUBLIC KEY-----\nx' }),
      refusal('verify-key', /not a public key/),
    );
  });
});
