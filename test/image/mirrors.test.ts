import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type ConnectProxy, startConnectProxy } from '../sim/registry/connect-proxy.ts';
import { intoStore, putImage, putIndex } from '../sim/registry/images.ts';
import { type RegistryOptions, type SimRegistry, startRegistry } from '../sim/registry/server.ts';
import { AUTHORITY, SERVER } from '../sim/registry/tls.ts';
import { inScene, type Scene } from './scene.ts';

interface HubScene extends Scene {
  proxy: ConnectProxy;
  /** A mirror that has 1.1.0, as Docker Hub has it, or that has nothing. */
  mirror(holds: 'tag' | 'nothing', options?: RegistryOptions): Promise<SimRegistry>;
}

const users = { ann: 'hub-pa55' };
const ann = { registry_username: 'ann', registry_password: 'hub-pa55' };

const { HTTPS_PROXY, NO_PROXY } = process.env;
after(() => {
  for (const [name, value] of Object.entries({ HTTPS_PROXY, NO_PROXY })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** Docker Hub's name leads to the built-in registry, by a proxy, as it may be in a company; nothing goes out of the machine. */
async function atHub(act: (scene: HubScene) => Promise<void>, options: RegistryOptions = {}): Promise<void> {
  const open: { close(): Promise<void> }[] = [];
  const hub = async (scene: Scene) => {
    const proxy = await startConnectProxy(new Map([['registry-1.docker.io:443', scene.registry.host]]));
    open.push(proxy);
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1,localhost' });
    await act({
      ...scene,
      settings: { ...scene.settings, registry_ca: AUTHORITY },
      proxy,
      async mirror(holds, more = {}) {
        const mirror = await startRegistry({ ...more, clock: scene.world.cluster.clock });
        open.push(mirror);
        const to = intoStore(mirror.store);
        if (holds === 'tag') await putIndex(to, 'shop/web', '1.1.0', ['amd64', 'arm64']);
        else await putImage(to, 'shop/web', 'other');
        return mirror;
      },
    });
  };
  try {
    await inScene(hub, { tls: SERVER, ...options }, 'docker.io');
  } finally {
    for (const each of open) await each.close();
  }
}

const NOBODY = 'http://127.0.0.1:1';
const isWrite = ({ method }: { method: string }) => method !== 'GET' && method !== 'HEAD';

describe('mirrors of Docker Hub', () => {
  it('are asked in their order: one that fails and one without the tag are passed over, Docker Hub is not asked', () =>
    atHub(async ({ world, registry, proxy, settings, mirror }) => {
      const [broken, empty, full, spare] = [
        await mirror('tag'),
        await mirror('nothing'),
        await mirror('tag'),
        await mirror('tag'),
      ];
      for (let i = 0; i < 10; i++) broken.fail({ status: 500 });
      const mirrors = [broken, empty, full, spare].map(({ host }) => `http://${host}`);
      const { code, log, outputs } = await world.step({ ...settings, mirror: [NOBODY, ...mirrors] }).done;
      assert.equal(code, 0, log);
      assert.equal(outputs.PROMOTE_DIGEST, registry.store.manifest('shop/web', '1.1.0')?.digest);
      assert.equal(outputs.PROMOTE_IMAGE, 'docker.io/shop/web:1.1.0');
      assert.ok(broken.seen.length > 0 && empty.seen.length > 0 && full.seen.length > 0);
      assert.deepEqual([spare.seen, registry.seen, proxy.asked], [[], [], []]);
    }));

  it('that have not the tag, or none that answers: Docker Hub is asked', () =>
    atHub(async ({ world, registry, proxy, settings, mirror }) => {
      const empty = await mirror('nothing');
      for (const given of [[NOBODY], `http://${empty.host}`, undefined]) {
        const asked = registry.seen.length;
        const { code, log } = await world.step({
          ...settings,
          dry_run: true,
          verify: 'strict',
          ...(given ? { mirror: given } : {}),
        }).done;
        assert.equal(code, 0, log);
        assert.match(log, new RegExp(registry.store.manifest('shop/web', '1.1.0')?.digest ?? 'none'));
        assert.equal(registry.seen.length, asked + 2);
      }
      assert.ok(proxy.asked.every((name) => name === 'registry-1.docker.io:443'));
    }));

  it('are not waited for where they limit the rate: the patience is Docker Hub’s', () =>
    atHub(async ({ world, registry, settings, mirror }) => {
      const limited = await mirror('tag');
      const busy = { status: 429, headers: { 'Retry-After': '8' } };
      limited.fail(busy);
      registry.fail(busy);
      const { code, log } = await world.step({
        ...settings,
        mirror: `http://${limited.host}`,
        dry_run: true,
        verify: 'strict',
      }).done;
      assert.equal(code, 0, log);
      assert.deepEqual([limited.seen.length, registry.seen.length], [1, 3]);
    }));

  it('say nothing of a tag that nobody has: it is refused, with the nearest of Docker Hub', () =>
    atHub(async ({ world, settings, mirror }) => {
      const { host } = await mirror('tag');
      const step = world.step({ ...settings, mirror: `http://${host}` }, { DRONE_TAG: 'v1.1.1' });
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(log, /The nearest tags that exist: 1\.1\.0, 1\.0\.0\./);
      assert.deepEqual(step.writes(), []);
    }));

  it('are never written to, and are not sent the password of Docker Hub', () =>
    atHub(
      async ({ world, registry, settings, mirror }) => {
        const open = await mirror('tag');
        const curious = await mirror('tag', { auth: { kind: 'basic', users } });
        const tagging = { ...settings, ...ann, tags: ['production'], auto_tag: true };
        const mirrors = [curious, open].map(({ host }) => `http://${host}`);
        const { code, log } = await world.step({ ...tagging, mirror: mirrors }).done;
        assert.equal(code, 0, log);
        const digest = registry.store.manifest('shop/web', '1.1.0')?.digest;
        for (const tag of ['production', '1', '1.1'])
          assert.equal(registry.store.manifest('shop/web', tag)?.digest, digest, tag);
        assert.ok(registry.seen.some(isWrite));
        for (const each of [open, curious]) {
          assert.ok(each.seen.length > 0);
          assert.deepEqual(each.seen.filter(isWrite), []);
          assert.deepEqual(
            each.seen.filter(({ authorization }) => authorization !== undefined),
            [],
          );
        }
      },
      { auth: { kind: 'basic', users } },
    ));

  it('get what `config` has for them, and `registry` names', () =>
    atHub(async ({ world, registry, settings, mirror }) => {
      const closed = await mirror('tag', { auth: { kind: 'basic', users } });
      const config = JSON.stringify({ auths: { [closed.host]: { username: 'ann', password: 'hub-pa55' } } });
      const dry = { ...settings, mirror: `http://${closed.host}`, dry_run: true, verify: 'strict' };
      for (const given of [{ config }, { ...ann, registry: closed.host }]) {
        closed.seen.length = 0;
        const { code, log } = await world.step({ ...dry, ...given }).done;
        assert.equal(code, 0, log);
        assert.ok(closed.seen.some(({ authorization }) => authorization?.startsWith('Basic ')));
      }
      assert.deepEqual(registry.seen, []);
      // a mirror that refuses what it was given does not make Docker Hub's the fault
      const wrong = config.replace('hub-pa55', 'wrong');
      const { code, log } = await world.step({ ...dry, config: wrong }).done;
      assert.equal(code, 0, log);
      assert.equal(registry.seen.length, 2);
    }));

  it('may speak TLS of the same authority, and without it they are passed over', () =>
    atHub(async ({ world, registry, settings, mirror }) => {
      const secure = await mirror('tag', { tls: SERVER });
      const dry = { ...settings, mirror: `https://${secure.host}`, dry_run: true };
      const { code, log } = await world.step({ ...dry, verify: 'strict' }).done;
      assert.equal(code, 0, log);
      assert.ok(secure.seen.length > 0);
      assert.deepEqual(registry.seen, []);
      secure.seen.length = 0;
      const { log: blind } = await world.step({ ...dry, registry_ca: '' }).done;
      assert.match(blind, /warning +The registry at registry-1\.docker\.io cannot be reached: .*certificate/);
      assert.deepEqual([secure.seen, registry.seen], [[], []]);
    }));
});

it('a mirror is one of Docker Hub: another registry’s images are not looked for there', () =>
  inScene(async ({ world, registry, settings }) => {
    const mirror = await startRegistry({ clock: world.cluster.clock });
    try {
      const { code, log } = await world.step({
        ...settings,
        mirror: `http://${mirror.host}`,
        dry_run: true,
        verify: 'strict',
      }).done;
      assert.equal(code, 0, log);
      assert.deepEqual(mirror.seen, []);
      assert.ok(registry.seen.length > 0);
    } finally {
      await mirror.close();
    }
  }));
