import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../../src/cluster/resource.ts';
import { makePlan } from '../../../../src/engines/native/plan/make-plan.ts';
import { isSamePromotion } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionSpec } from '../../../../src/engines/native/plan/spec.ts';
import { stagesUp } from '../../../../src/engines/native/plan/stages-up.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import type { TemplatedKind } from '../../../../src/workload/kinds/templated.ts';
import { deployment, FROM, inventory, plan, spec, TO } from '../fixtures.ts';
import { hook } from '../hooks/fixtures.ts';
import { cronJob, FOLLOWERS, OLDER, statefulSet } from './objects.ts';

type Found = readonly [TemplatedKind, string, KubeObject | undefined];

/** The plan of the small shop with these followers, as they are found. */
function made(found: readonly Found[], wanted: Partial<PromotionSpec> = {}, stable = FROM, isOpen = false) {
  const followers = found.map(([kind, name, object]) => ({ kind, name, object }));
  const given = inventory({ followers, deployments: [deployment('web', stable, 4)] });
  return makePlan(spec({ followers, ...wanted }), given, [nginx], isOpen);
}

const worker = (image: string, over = {}): Found => [
  'Deployment',
  'worker',
  deployment('worker', image, 2, over),
];
const jobs = (
  image: string,
  change: (set: ReturnType<typeof statefulSet>) => unknown = (set) => set,
): Found => ['StatefulSet', 'jobs', change(statefulSet(image)) as KubeObject];
const withStrategy = (updateStrategy: object) => (set: ReturnType<typeof statefulSet>) => ({
  ...set,
  spec: { ...set.spec, updateStrategy },
});

const REFUSALS: [what: string, Found, code: string, message: RegExp][] = [
  ['it does not exist', ['StatefulSet', 'jobs', undefined], 'workload', /^There is no StatefulSet\/jobs\.$/],
  [
    'no container has the repository',
    worker('busybox:1'),
    'container',
    /^No container of Deployment\/worker runs /,
  ],
  ['it is paused', worker(FROM, { paused: true }), 'paused', /^Deployment\/worker is paused/],
  [
    'OnDelete',
    jobs(FROM, withStrategy({ type: 'OnDelete' })),
    'update-strategy',
    /^StatefulSet\/jobs has the update strategy OnDelete/,
  ],
  [
    'a partition',
    jobs(FROM, withStrategy({ type: 'RollingUpdate', rollingUpdate: { partition: 1 } })),
    'update-strategy',
    /^StatefulSet\/jobs has a partition of 1/,
  ],
];

describe('plan, with followers', () => {
  for (const [what, found, code, message] of REFUSALS)
    it(`refused: ${what}`, () => {
      const planned = made([worker(FROM), found]);
      assert.ok('refusals' in planned);
      assert.deepEqual(
        planned.refusals.map((each) => each.code),
        [code],
      );
      assert.match(planned.refusals[0]?.message ?? '', message);
    });

  it('has each with its containers, its selector and the image that it runs', () => {
    const planned = made([worker(FROM), jobs(OLDER), ['CronJob', 'report', cronJob(FROM)]]);
    assert.ok('plan' in planned);
    assert.deepEqual(planned.plan.followers, FOLLOWERS);
    assert.equal(planned.plan.order, undefined);
    assert.deepEqual(planned.lines.slice(-3), [
      'with it: Deployment/worker once stable is updated, by its own controller (2 pods)',
      `with it: StatefulSet/jobs once stable is updated, by its own controller (it runs ${OLDER} now, and goes back to that; 2 pods)`,
      'with it: CronJob/report at the end, without touching a Job that runs',
    ]);
  });

  it('warns of one that is not rolled out, and does not wait for it on the way back', () => {
    const planned = made([jobs(FROM, (set) => ({ ...set, status: { ...set.status, readyReplicas: 1 } }))]);
    assert.ok('plan' in planned);
    assert.equal(planned.plan.followers?.[0]?.wasIll, true);
    assert.match(
      planned.warnings.join('\n'),
      /^StatefulSet\/jobs is not rolled out: 1 of 2 pods are ready\./m,
    );
  });

  it('nothing is to be done only if all of them have the image', () => {
    const there = made([worker(TO)], {}, TO);
    assert.ok('plan' in there && there.nothingToDo);
    const half = made([worker(TO), jobs(FROM)], {}, TO);
    assert.ok('plan' in half && !half.nothingToDo);
    assert.deepEqual(half.plan.steps, []);
    assert.deepEqual(
      stagesUp(half.plan).map(({ name }) => name),
      ['update stable', 'update Deployment/worker', 'update StatefulSet/jobs'],
    );
  });

  it('a promotion that stopped between two followers is the same one', () => {
    const first = made([worker(FROM), jobs(FROM)]);
    const again = made([worker(TO), jobs(FROM)], {}, TO, true);
    assert.ok('plan' in first && 'plan' in again);
    assert.ok(!again.nothingToDo);
    assert.ok(isSamePromotion(first.plan, again.plan));
    const other = made([worker(FROM)]);
    assert.ok('plan' in other && !isSamePromotion(first.plan, other.plan));
    const before = made([worker(FROM), jobs(FROM)], { order: 'before' });
    assert.ok('plan' in before && !isSamePromotion(first.plan, before.plan));
  });

  const names = (over: Parameters<typeof plan>[0]) =>
    stagesUp(plan({ followers: FOLLOWERS, ...over })).map(({ name }) => name);
  const JOBS = { hooks: { before: [hook('migrate')], after: [hook('reindex')] } };
  const STAGES: [what: string, over: Parameters<typeof plan>[0], expected: string[]][] = [
    [
      'after',
      {},
      [
        '10 %',
        '50 %',
        'full size',
        '100 %',
        'update stable',
        'update Deployment/worker',
        'update StatefulSet/jobs',
        'back to stable',
        'update CronJob/report',
        'clean up',
      ],
    ],
    [
      'before',
      { order: 'before' },
      [
        'update Deployment/worker',
        'update StatefulSet/jobs',
        '10 %',
        '50 %',
        'full size',
        '100 %',
        'update stable',
        'back to stable',
        'update CronJob/report',
        'clean up',
      ],
    ],
    [
      'without steps',
      { steps: [] },
      ['update stable', 'update Deployment/worker', 'update StatefulSet/jobs', 'update CronJob/report'],
    ],
    [
      'at the pace of the router',
      { steps: [], pace: { readySeconds: 4 } as never },
      [
        'update stable',
        'update Deployment/worker',
        'update StatefulSet/jobs',
        'update CronJob/report',
        'clean up',
      ],
    ],
    [
      'blue/green',
      { strategy: 'bluegreen', steps: [{ kind: 'weight', weight: 100, holdMs: 1000 }] },
      [
        'full copy',
        '100 %',
        'update stable',
        'update Deployment/worker',
        'update StatefulSet/jobs',
        'back to stable',
        'update CronJob/report',
        'clean up',
      ],
    ],
    [
      'with Jobs: before all of them, and after all but the CronJobs',
      JOBS,
      [
        'before',
        '10 %',
        '50 %',
        'full size',
        '100 %',
        'update stable',
        'update Deployment/worker',
        'update StatefulSet/jobs',
        'after',
        'stable is ready',
        'back to stable',
        'update CronJob/report',
        'clean up',
      ],
    ],
    [
      'with Jobs, without steps',
      { ...JOBS, steps: [] },
      [
        'before',
        'update stable',
        'update Deployment/worker',
        'update StatefulSet/jobs',
        'after',
        'update CronJob/report',
        'clean up',
      ],
    ],
  ];
  for (const [what, over, expected] of STAGES)
    it(`stages: ${what}`, () => assert.deepEqual(names(over), expected));

  it('the canary keeps its users while followers are updated', () => {
    const stages = stagesUp(plan({ followers: FOLLOWERS }));
    const [worker] = stages.filter(({ kind }) => kind === 'update-follower');
    assert.equal(worker?.weight, 100);
    assert.equal(worker?.image, 'to');
  });
});
