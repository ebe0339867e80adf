import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageOf } from '../../e2e/app.ts';
import { AUTHORITY, OTHER_AUTHORITY, SERVER } from '../sim/registry/tls.ts';
import { inScene, type Scene } from './scene.ts';

describe('a registry in TLS with an authority of its own', () => {
  const inTls = (act: (scene: Scene) => Promise<void>) => inScene(act, { tls: SERVER });
  /** With `tags` the registry is needed, whatever `verify` says. */
  const tagging = { tags: ['production'] };

  for (const [what, given] of [
    ['its authority, as PEM', { registry_ca: AUTHORITY }],
    ['its authority, as base64', { registry_ca: Buffer.from(AUTHORITY).toString('base64') }],
    ['both authorities', { registry_ca: `${OTHER_AUTHORITY}${AUTHORITY}` }],
    ['insecure', { insecure: true }],
  ] as const) {
    it(`is read and written with ${what}`, () =>
      inTls(async ({ world, registry, repo, settings }) => {
        const { code, log, outputs } = await world.step({ ...settings, ...tagging, ...given }).done;
        assert.equal(code, 0, log);
        const digest = registry.store.manifest('shop/web', '1.1.0')?.digest;
        assert.equal(outputs.PROMOTE_DIGEST, digest);
        assert.equal(registry.store.manifest('shop/web', 'production')?.digest, digest);
        assert.equal(await imageOf(world), `${repo}:1.1.0`);
      }));
  }

  for (const [what, given] of [
    ['no authority', {}],
    ['another authority', { registry_ca: OTHER_AUTHORITY }],
  ] as const) {
    it(`is not believed with ${what}: refused where it is needed, else a warning, and not one request`, () =>
      inTls(async ({ world, registry, repo, settings }) => {
        for (const needed of [{ verify: 'strict' }, tagging]) {
          const step = world.step({ ...settings, ...given, ...needed });
          const { code, log } = await step.done;
          assert.equal(code, 2, log);
          assert.match(log, /REFUSED +\(\S+\) The registry at \S+ cannot be reached: .*certificate/);
          assert.match(log, /Set `registry_ca` to the certificate authority/);
          assert.deepEqual(step.writes(), []);
        }
        assert.equal(await imageOf(world), `${repo}:1.0.0`);
        const { code, log } = await world.step({ ...settings, ...given }).done;
        assert.equal(code, 0, log);
        assert.match(log, /warning +The registry at \S+ cannot be reached: .*certificate/);
        assert.deepEqual(registry.seen, []);
      }));
  }

  it('refuses a registry_ca that is no certificate', () =>
    inTls(async ({ world, registry, settings }) => {
      const registry_ca = '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n';
      const step = world.step({ ...settings, registry_ca });
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(log, /REFUSED +\(\S+\) `registry_ca` is not a certificate: /);
      assert.deepEqual([step.writes(), registry.seen], [[], []]);
    }));

  it('sends no password in plain HTTP to a registry that could speak TLS', () =>
    inScene(
      async ({ world, registry, settings }) => {
        const ann = { registry_username: 'ann', registry_password: 'pa55-word' };
        const { code, log } = await world.step({ ...settings, ...ann, verify: 'strict' }).done;
        assert.equal(code, 2, log);
        assert.match(log, /certificate/);
        assert.deepEqual(registry.seen, []);
        const good = await world.step({ ...settings, ...ann, registry_ca: AUTHORITY, verify: 'strict' }).done;
        assert.equal(good.code, 0, good.log);
        assert.doesNotMatch(good.log, /pa55-word/);
      },
      { tls: SERVER, auth: { kind: 'basic', users: { ann: 'pa55-word' } } },
    ));
});
