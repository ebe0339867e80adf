import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageOf } from '../../../e2e/app.ts';
import { intoStore, putIndex } from '../../sim/registry/images.ts';
import { inScene, type Scene } from '../scene.ts';

const TAGGING = { tags: ['latest', 'production'], auto_tag: true };
const ROLLBACK = { DRONE_BUILD_EVENT: 'rollback' };

/** The version that each tag of a repository stands on. */
function standing({ store }: Scene['registry'], path = 'shop/web'): Record<string, string> {
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  const of = (tag: string) => store.manifest(path, tag)?.digest;
  return Object.fromEntries(
    ['latest', 'production', '1', '1.0', '1.1', '1.2'].flatMap((tag) => {
      const version = versions.find((each) => of(each) !== undefined && of(each) === of(tag));
      return of(tag) === undefined ? [] : [[tag, version ?? 'something else']];
    }),
  );
}

describe('the tags of a rollback', () => {
  it('go back step by step, whole and byte for byte, and up again with the next promotion', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      await putIndex(intoStore(registry.store), 'shop/web', '1.2.0', ['amd64', 's390x']);
      const go = async (DRONE_TAG: string, more: Record<string, string> = {}) => {
        const { code, log } = await world.step({ ...settings, ...TAGGING }, { DRONE_TAG, ...more }).done;
        assert.equal(code, 0, log);
        return log;
      };
      await go('v1.1.0');
      await go('v1.2.0');
      const up = { latest: '1.2.0', production: '1.2.0', '1': '1.2.0', '1.1': '1.1.0', '1.2': '1.2.0' };
      assert.deepEqual(standing(registry), up);
      const log = await go('v1.1.0', ROLLBACK);
      assert.equal(await imageOf(world), `${repo}:1.1.0`);
      const back = { ...up, latest: '1.1.0', production: '1.1.0', '1': '1.1.0' };
      assert.deepEqual(standing(registry), back);
      const old = registry.store.manifest('shop/web', '1.1.0');
      const left = registry.store.manifest('shop/web', '1.2.0')?.digest;
      for (const tag of ['latest', 'production', '1']) {
        assert.deepEqual(registry.store.manifest('shop/web', tag), old);
        assert.match(log, new RegExp(`tagged +\\S+:${tag}: was ${left}, is ${old?.digest}`));
      }
      await go('v1.2.0');
      assert.deepEqual(standing(registry), up);
    }));

  it('go back in the repository of promote_to, too', () =>
    inScene(async ({ world, registry, settings }) => {
      const given = { ...settings, ...TAGGING, promote_to: 'prod/web' };
      for (const build of [
        { DRONE_TAG: 'v1.0.0', DRONE_BUILD_EVENT: 'promote' },
        { DRONE_TAG: 'v1.1.0' },
        { DRONE_TAG: 'v1.0.0', ...ROLLBACK },
      ]) {
        const { code, log } = await world.step(given, build).done;
        assert.equal(code, 0, log);
      }
      const back = { latest: '1.0.0', production: '1.0.0', '1': '1.0.0', '1.0': '1.0.0', '1.1': '1.1.0' };
      assert.deepEqual(standing(registry, 'prod/web'), back);
      assert.deepEqual(standing(registry), {});
    }));

  it('stay where they are when it ends a promotion that was held: production never left the old release', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      const given = { ...settings, ...TAGGING };
      assert.equal((await world.step(given, { DRONE_TAG: 'v1.0.0' }).done).code, 0);
      const before = standing(registry);
      const held = await world.step({ ...given, steps: '10% 1s, hold' }).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      assert.deepEqual(standing(registry), before);
      const { log } = await world.step(given, { DRONE_TAG: 'v1.0.0', ...ROLLBACK }).done;
      assert.equal(await imageOf(world), `${repo}:1.0.0`, log);
      assert.deepEqual(standing(registry), before);
    }));

  it('do not go back where the rollback fails', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      const given = { ...settings, ...TAGGING };
      assert.equal((await world.step(given).done).code, 0);
      const before = standing(registry);
      const { code, log } = await world.step(given, { DRONE_TAG: 'v0.9.0', ...ROLLBACK }).done;
      assert.equal(code, 2, log);
      assert.equal(await imageOf(world), `${repo}:1.1.0`);
      assert.deepEqual(standing(registry), before);
    }));
});
