import assert from 'node:assert/strict';
import { thousands } from '../../../src/numbers.ts';
import type { Addon } from '../../addon.ts';
import { assertNoFailures, deployApp, paths } from '../../app.ts';
import { patience } from '../../patience.ts';
import type { KubeObject, LoadReport, StepResult, World } from '../../world.ts';

/** A router, as the stories that are told of each router need it. */
export interface ToldRouter {
  /** How users come in, at the beginning of each story's name: `by an HTTPRoute of Traefik`. */
  readonly name: string;
  readonly needs: readonly Addon[];
  /** The addon whose address the users' requests are sent to; that of ingress-nginx if absent. `service`: none, they come by the Service. */
  readonly by?: Addon | 'service';
  /** The story that is told. */
  readonly story?: string;
  /** Settings of each step. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The weights of a promotion. At the last one, most stories take their turn; 10 and 50 if absent. */
  readonly weights?: readonly number[];
  /** Makes the users' route that sends as the Ingress does, instead of the Ingress. */
  createRoute(world: World, ingress: KubeObject): Promise<KubeObject>;
  /** What is somebody's own in the route. Each story ends with it as it was, to the letter. */
  own(world: World): Promise<unknown>;
  /** Somebody's edit of the route while the canary has users, and what the step says of it. */
  readonly edit: { act(world: World): Promise<unknown>; expected: RegExp };
  /** What a release may cost that is bad from the start, and one that becomes bad after a while. */
  readonly tolerated: { readonly bad: Cost; readonly late: Cost };
}

/** The weights of its promotions, the last of them, and the first. */
export const weightsOf = ({ weights = [10, 50] }: ToldRouter): readonly number[] => weights;
export const topOf = (router: ToldRouter): number => weightsOf(router).at(-1) ?? 0;
export const lowOf = (router: ToldRouter): number => weightsOf(router)[0] ?? 0;

/** How many requests may fail before a bad release is found, and the time from the first to the last of them. */
export interface Cost {
  readonly failed: number;
  readonly ms: number;
}

/** One story of a router. */
export interface Story {
  readonly name: string;
  run(world: World, router: ToldRouter): Promise<void>;
}

/** A world whose users come by this router: where a story makes an Ingress, the users' route is made instead. */
export function usersBy(world: World, router: Pick<ToldRouter, 'createRoute' | 'by' | 'settings'>): World {
  const { ingresses } = paths(world.namespace);
  return {
    ...world,
    step: (settings, build = {}) => world.step({ ...router.settings, ...settings }, build),
    load: (options = {}) => world.load({ ...(router.by && { by: router.by }), ...options }),
    api: {
      ...world.api,
      create: (path, object) =>
        path === ingresses ? router.createRoute(world, object) : world.api.create(path, object),
    },
  };
}

/** What happens in a story. */
export type Act = (
  world: World,
  router: ToldRouter,
  /** Waits until users are on the canary. */
  users: () => Promise<void>,
  report: () => LoadReport,
) => Promise<StepResult>;

/** A story under load in which no request fails but those that a bad version fails by itself, and after which the route is as it was. */
export function underLoad(act: Act, bad?: string, cost: keyof ToldRouter['tolerated'] = 'bad'): Story['run'] {
  return async (world, router) => {
    await deployApp(world);
    const before = await router.own(world);
    const load = await world.load();
    const users = () =>
      world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
    const step = await act(world, router, users, load.report);
    await world.sleep(1000);
    const report = await load.stop();
    const own = report.failures.filter(({ version }) => version !== undefined && version === bad);
    const ms = (own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0);
    const others = report.failures.length - own.length;
    const ofIt =
      bad === undefined ? '' : `, and ${own.length} of the bad version in ${(ms / 1000).toFixed(1)}s`;
    console.log(
      `# ${router.name} | ${router.story ?? 'a story'} | ${others} of ${thousands(report.sent)}${ofIt}`,
    );
    assertNoFailures(report, step, (version) => version === bad);
    assertNoEcho(step);
    assert.deepEqual(await router.own(world), before);
    if (bad === undefined) return;
    const tolerated = router.tolerated[cost];
    assert.ok(
      own.length > 0 && own.length <= tolerated.failed * patience(world),
      `${own.length} failed\n${step.log}`,
    );
    assert.ok(ms <= tolerated.ms * patience(world), `${ms} ms\n${step.log}`);
  };
}

/** No line of the log comes twice in a row. */
function assertNoEcho({ log }: StepResult): void {
  const lines = log.split('\n').map((line) => line.slice(9));
  const echo = lines.find((line, index) => line.trim() !== '' && line === lines[index + 1]);
  assert.equal(echo, undefined, log);
}
