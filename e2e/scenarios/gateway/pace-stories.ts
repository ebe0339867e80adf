import assert from 'node:assert/strict';
import { paths } from '../../app.ts';
import { scenarios as pace } from '../native/pace.ts';
import type { Story } from './told-router.ts';

const TOLD = /^pace: (stable is rolled|aborted while|held before|a step that is killed|a rollback without)/;

/** The stories of a pace, which ends with the users' route as it was. */
export const PACED: readonly Story[] = pace
  .filter(({ name }) => TOLD.test(name))
  .map(({ name, run }) => ({
    name,
    async run(world, router) {
      const { ingresses } = paths(world.namespace);
      let before: unknown;
      const { create } = world.api;
      const api: typeof world.api = {
        ...world.api,
        async create(path, object) {
          const made = await create(path, object);
          if (path === ingresses) before ??= await router.own(world);
          return made;
        },
      };
      await run({ ...world, api });
      assert.deepEqual(await router.own(world), before);
    },
  }));
