import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageOf } from '../../e2e/app.ts';
import { inScene } from './scene.ts';

const HOUR = { status: 429, headers: { 'Retry-After': '3600' } };
const LIMITED =
  /The registry at \S+ cannot be reached: it limits the rate of requests \(429\) for longer than the timeout/;

describe('a registry that limits the rate of requests for an hour', () => {
  it('is not waited for: a warning, and the promotion goes on; refused where the registry is needed', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      for (const needed of [{ verify: 'strict' }, { pin: 'digest' }, { tags: ['production'] }]) {
        registry.fail(HOUR);
        const asked = registry.seen.length;
        const step = world.step({ ...settings, ...needed });
        const { code, log } = await step.done;
        assert.equal(code, 2, log);
        assert.match(log, LIMITED);
        assert.equal(registry.seen.length, asked + 1);
        assert.deepEqual(step.writes(), []);
      }
      assert.equal(await imageOf(world), `${repo}:1.0.0`);
      registry.fail(HOUR);
      const { code, log } = await world.step(settings).done;
      assert.equal(code, 0, log);
      assert.match(log, new RegExp(`warning +${LIMITED.source}.* was not checked`));
    }));

  it('says so by a date, which goes by the same clock', () =>
    inScene(async ({ world, registry, settings }) => {
      const at = (ms: number) => new Date(world.now() + ms).toUTCString();
      registry.fail({ status: 429, headers: { 'Retry-After': at(3_600_000) } });
      const late = await world.step({ ...settings, verify: 'strict', dry_run: true }).done;
      assert.equal(late.code, 2, late.log);
      assert.match(late.log, LIMITED);
      const begun = world.now();
      registry.fail({ status: 429, headers: { 'Retry-After': at(6_000) } });
      const soon = await world.step({ ...settings, verify: 'strict', dry_run: true }).done;
      assert.equal(soon.code, 0, soon.log);
      assert.ok(world.now() - begun >= 5_000, `${world.now() - begun} ms`);
    }));

  it('in small pieces, again and again: ten seconds in all, not for each request', () =>
    inScene(async ({ world, registry, settings }) => {
      for (let i = 0; i < 20; i++) registry.fail({ status: 429, headers: { 'Retry-After': '4' } });
      const begun = world.now();
      const { code, log } = await world.step({ ...settings, verify: 'strict' }).done;
      assert.equal(code, 2, log);
      assert.match(log, LIMITED);
      assert.ok(world.now() - begun >= 8_000, `${world.now() - begun} ms`);
      // twice four seconds were waited; two are left, and four were asked for
      assert.equal(registry.seen.length, 3);
    }));

  it('after the promotion: it stays promoted, and the last lines say that tags are missing, and what to do', () =>
    inScene(async ({ world, registry, settings }) => {
      const step = world.step({ ...settings, tags: ['production'] });
      await world.until('the weight is up', () => step.log().includes('of the users on the canary'));
      registry.fail(HOUR);
      const { code, log, outputs } = await step.done;
      assert.equal(code, 0, log);
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
      assert.match(log, new RegExp(`PROMOTED .* Not all tags were set: ${LIMITED.source}`));
      assert.match(log, /promote the same build again/);
      assert.equal(registry.store.manifest('shop/web', 'production'), undefined);
      const again = await world.step({ ...settings, tags: ['production'] }).done;
      assert.equal(again.code, 0, again.log);
      assert.deepEqual(
        registry.store.manifest('shop/web', 'production'),
        registry.store.manifest('shop/web', '1.1.0'),
      );
    }));
});
