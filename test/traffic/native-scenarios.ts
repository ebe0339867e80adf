import assert from 'node:assert/strict';
import { it } from 'node:test';
import { paths } from '../../e2e/app.ts';
import type { Scenario } from '../../e2e/scenario.ts';
import { scenarios as badRelease } from '../../e2e/scenarios/judging/bad-release.ts';
import { scenarios as abort } from '../../e2e/scenarios/native/abort.ts';
import { scenarios as guard } from '../../e2e/scenarios/native/guard.ts';
import { scenarios as hold } from '../../e2e/scenarios/native/hold.ts';
import { scenarios as promote } from '../../e2e/scenarios/native/promote.ts';
import { scenarios as rollback } from '../../e2e/scenarios/native/rollback.ts';
import type { World } from '../../e2e/world.ts';

/** The scenarios of the native engine that every router passes, by the name of their file. */
export const NATIVE = { promote, hold, abort, guard, rollback } as const;
/** The same, with those in which the router's requests are counted. */
export const NATIVE_JUDGED = { ...NATIVE, badRelease } as const;

/** Scenarios whose words are about ingress-nginx, or about what counts for it. */
const OF_NGINX = /without its rights|if nothing would notice/;

/**
 * Tests that run each scenario behind another router. Afterwards the users' route is what it was when the scenario had made it.
 *
 * @param inWorld runs a story in a world whose users come by that router
 * @param ownOf what is the user's own in the route
 */
export function runBehindRouter(
  stories: Readonly<Record<string, readonly Scenario[]>>,
  inWorld: (story: (world: World) => Promise<void>) => Promise<void>,
  ownOf: (world: World) => Promise<unknown>,
): void {
  for (const [story, scenarios] of Object.entries(stories)) {
    for (const { name, run, only } of scenarios) {
      if (only === 'lab' || OF_NGINX.test(name)) continue;
      it(`${story}: ${name}, and the route is put back`, () =>
        inWorld(async (world) => {
          let before: unknown;
          const { create } = world.api;
          world.api.create = async (path, object) => {
            const made = await create(path, object);
            if (path === paths(world.namespace).ingresses) before ??= await ownOf(world);
            return made;
          };
          await run(world);
          assert.deepEqual(await ownOf(world), before);
        }));
    }
  }
}
