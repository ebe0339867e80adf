import assert from 'node:assert/strict';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import { INTERNAL } from '../../lab/ingress-nginx/controller.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';
import { usersBy } from '../gateway/told-router.ts';

/** What belongs to the second controller: its class, and its prefix in the place of the usual one. */
const CLASS = { spec: { ingressClassName: INTERNAL.ingressClass } };
const OWN = `${INTERNAL.prefix}/canary`;
const USUAL = 'nginx.ingress.kubernetes.io/';

/** A world whose users come by the second controller. */
const byInternal = (world: World): World =>
  usersBy(world, {
    by: 'internal-nginx',
    createRoute: ({ api, namespace }, ingress) => api.create(paths(namespace).ingresses, ingress),
  });

async function annotationsOf({ api, namespace }: World): Promise<Record<string, string>> {
  return (await api.get(`${paths(namespace).ingresses}/web-canary`))?.metadata.annotations ?? {};
}

/** Two releases behind the second of two controllers: a good one, and one that fails. */
async function release(world: World): Promise<void> {
  await deployApp(world, { ingress: CLASS });
  const load = await world.load();
  const good = world.step(SETTINGS);
  await world.until('it is at 50 %', () => good.log().includes('50 % of the users on the canary'));
  const annotations = await annotationsOf(world);
  assert.equal(annotations[OWN], 'true', JSON.stringify(annotations));
  assert.equal(annotations[`${OWN}-weight`], '50');
  assert.deepEqual(
    Object.keys(annotations).filter((key) => key.startsWith(USUAL)),
    [],
  );
  const promoted = await good.done;
  assert.equal(promoted.code, 0, promoted.log);
  assert.match(promoted.log, /the access log of ingress-nginx: [\d,]+ requests of stable were seen/);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
  assert.deepEqual(await leftovers(world), []);
  const report = await load.stop();
  assertNoFailures(report, promoted);
  assert.ok((report.versions['1.1.0'] ?? 0) > 0 && (report.versions['1.0.0'] ?? 0) > 0);
}

/** The access log of the second controller judges. */
async function bad(world: World): Promise<void> {
  await deployApp(world, { ingress: CLASS });
  const load = await world.load();
  const step = await world.step({ ...SETTINGS, steps: ['10% 2m'] }, { DRONE_TAG: 'v1.1.0-err50' }).done;
  assert.equal(step.code, 1, step.log);
  assert.match(step.log, /ABORTED +The canary fails more than stable/);
  await asItWas(world);
  const report = await load.stop();
  assertNoFailures(report, step, (version) => version === '1.1.0-err50');
  assert.ok(report.failures.length > 0 && report.failures.length <= 8, `${report.failures.length} failed`);
}

const STORIES: Record<string, (world: World) => Promise<void>> = {
  'a release is promoted by the annotations of the one that serves its class': release,
  'a bad release is found in the log of the one that serves its class': bad,
};

/** The usual controller runs beside it, in the same namespace, with its own class and the usual prefix. */
export const scenarios: Scenario[] = Object.entries(STORIES).map(([name, story]) => ({
  name: `of two ingress-nginx with classes and prefixes of their own, ${name}`,
  only: 'lab',
  needs: ['internal-nginx'],
  inFull: true,
  async run(world) {
    try {
      await story(byInternal(world));
    } finally {
      // others count on one controller alone
      await world.programs?.stop('internal-nginx');
    }
  },
}));
