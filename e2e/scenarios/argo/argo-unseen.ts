import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, REPO } from '../../app.ts';
import { patience } from '../../patience.ts';
import { deployRollout, type RolloutApp, rolledTo } from '../../rollout/rollout.ts';
import { ends, promote, stableImage } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

/** The whole canary is over before the router has its weight for sure. */
const SHORT: RolloutApp = { template: 'own', steps: [{ setWeight: 20 }, { pause: { duration: '5s' } }] };

/** So few users that the steps cannot tell. */
const FEW: RolloutApp = { template: 'own', steps: [{ setWeight: 5 }, { pause: { duration: '5s' } }] };

/** Promotes a bad release, and prints what the users saw of it. */
async function broughtBack(
  world: World,
  tag: string,
  app: RolloutApp = SHORT,
  settings: Record<string, unknown> = {},
): Promise<StepResult> {
  await deployRollout(world, app);
  const load = await world.load();
  // the users of stable before it are what the release is compared with
  await world.sleep(5000);
  const begun = world.now();
  const result = await promote(world, tag, settings).done;
  const took = world.now() - begun;
  await world.sleep(8000);
  const report = await load.stop();
  const own = report.failures.filter(({ version }) => version === tag);
  const seconds = ((own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)) / 1000;
  console.log(
    `${result.log}# ${tag}: ended after ${took} ms; ${own.length} of the users' requests failed by it, for ${seconds.toFixed(1)} s; ${describeLoad(report)}`,
  );
  assert.equal(result.code, 1, result.log);
  assert.equal(await stableImage(world), `${REPO}:${app.tag ?? '1.0.0'}`);
  assertNoFailures(report, result, (version) => version === tag);
  return result;
}

/** Half of the requests of a release fail from the start on. */
async function isSeenInSteps(world: World): Promise<void> {
  const { log } = await broughtBack(world, '1.1.0-err50');
  assert.match(
    log,
    /watch +A bad release would be noticed by:\n +the access log of ingress-nginx: \d+ requests/,
  );
  assert.match(
    log,
    /warning +These steps may be over before they are judged, .*: 20 % for 5s\. The release is/,
  );
  assert.match(log, /ABORTED +The (canary|release) fails more than/);
}

/** A release that is good until it serves everybody. */
async function isSeenAfterwards(world: World): Promise<void> {
  const { log, outputs } = await broughtBack(world, '1.1.0-leak9', FEW);
  assert.match(log, /holding +1m, judged while it serves all users/);
  // the judge of the steps may be first, as long as the router still has the canary's weight
  assert.match(
    log,
    /down +The (canary fails more than stable|release fails more than the version before it): /,
  );
  assert.match(
    log,
    /ABORTED .*\n +If it were .*\n +Production is on .*:1\.0\.0, as it was\. All users were on .*:1\.1\.0-leak9 for /,
  );
  assert.equal(outputs.PROMOTE_OUTCOME, 'aborted');
  assert.match(outputs.PROMOTE_WATCHED ?? '', /^the access log of ingress-nginx/);
}

/** A good release, and how much longer its step takes than its controller. */
async function isLetPass(world: World): Promise<void> {
  await deployRollout(world, FEW);
  const load = await world.load();
  await world.sleep(5000);
  let healthyAt = 0;
  const healthy = world.until(
    'Rollout/web is healthy on 1.1.0',
    async () => {
      const is = await rolledTo(world, '1.1.0');
      if (is && healthyAt === 0) healthyAt = world.now();
      return is;
    },
    90_000,
  );
  const good = await ends(promote(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0 is the stable release/);
  const endedAt = world.now();
  await healthy;
  const report = await load.stop();
  console.log(
    `${good.log}# ended ${endedAt - healthyAt} ms after it was seen Healthy; ${describeLoad(report)}`,
  );
  assertNoFailures(report, good);
  assert.ok(endedAt - healthyAt <= 15_000 * patience(world));
}

/** Blue-green moves all users at once, so that only what was before is left to compare with. */
async function isSeenAfterSwitch(world: World): Promise<void> {
  const { log } = await broughtBack(world, '1.1.0-err50', {
    template: 'own',
    blueGreen: { activeService: 'web', previewService: 'web-canary', scaleDownDelaySeconds: 30 },
  });
  assert.match(log, /down +The release fails more than the version before it: /);
}

/** No router splits the users: the pods themselves count. */
async function isSeenByPods(world: World): Promise<void> {
  const steps = [{ setWeight: 25 }, { pause: { duration: '20s' } }];
  const canary = { trafficRouting: undefined, stableService: undefined, canaryService: undefined };
  const app: RolloutApp = { template: 'own', steps, canary };
  const { log, outputs } = await broughtBack(world, '1.1.0-err50', app, { metrics_port: 8080 });
  assert.match(
    log,
    /not by the requests of the users: ingress-nginx does not split the users of Rollout\/web/,
  );
  assert.match(log, /ABORTED +The canary fails more than stable: at \d+ %, by the pods' own counters/);
  assert.equal(outputs.PROMOTE_WATCHED, 'the counters of the pods');
}

const lab = { only: 'lab', needs: ['argo-rollouts'] } as const;

export const scenarios: Scenario[] = [
  {
    ...lab,
    name: 'argo unseen: a release that fails half of its requests is brought back, however short its steps',
    run: isSeenInSteps,
  },
  {
    ...lab,
    name: 'argo unseen: a release that gets bad after it is Healthy is brought back',
    run: isSeenAfterwards,
  },
  { ...lab, name: 'argo unseen: a good release takes at most 15 s longer', run: isLetPass },
  {
    ...lab,
    name: 'argo unseen: a bad release is found by the counters of its pods, if no router splits the users',
    run: isSeenByPods,
  },
  {
    ...lab,
    name: 'argo unseen: a bad blue-green release is brought back after the switch',
    run: isSeenAfterSwitch,
  },
];
