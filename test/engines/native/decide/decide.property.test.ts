import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ObjectSource } from '../../../../src/cluster/object-source.ts';
import { deployments, ingresses, jobs as jobKind, services } from '../../../../src/cluster/resource.ts';
import type { Write } from '../../../../src/cluster/write.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import { findCheckJobs } from '../../../../src/engines/native/observe/check-jobs.ts';
import { type Snapshot, takeSnapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import type { Plan } from '../../../../src/engines/native/plan/plan.ts';
import { splitOf } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { jobsBeforeUsers } from '../../../../src/engines/native/plan/stage.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { withOwnPace } from '../../../../src/workload/rolling/pace.ts';
import { plan, record, TO } from '../fixtures.ts';
import { createWorld } from '../small-world.ts';

/** What happens between two decisions. */
type Happening = 'ready' | 'time' | 'stale' | 'expire' | 'abort' | 'crash' | 'deploy' | 'nothing';

const HAPPENINGS = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Happening>('ready') },
    { weight: 4, arbitrary: fc.constant<Happening>('time') },
    { weight: 3, arbitrary: fc.constant<Happening>('stale') },
    { weight: 3, arbitrary: fc.constant<Happening>('nothing') },
    { weight: 1, arbitrary: fc.constant<Happening>('expire') },
    { weight: 1, arbitrary: fc.constant<Happening>('abort') },
    { weight: 1, arbitrary: fc.constant<Happening>('crash') },
  ),
  { maxLength: 80 },
);
const PLANS = fc.record({
  finish: fc.constantFrom('shift' as const, 'pace' as const, 'roll' as const),
  kind: fc.constantFrom('plain' as const, 'baseline' as const, 'experiment' as const),
  jobs: fc.constantFrom('none' as const, 'before users' as const, 'of steps' as const),
  weights: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }),
});

interface Kind {
  finish: 'shift' | 'pace' | 'roll';
  kind: 'plain' | 'baseline' | 'experiment';
  jobs: 'none' | 'before users' | 'of steps';
  weights: number[];
}

const JOB = {
  image: undefined,
  command: [],
  args: [],
  env: {},
  serviceAccount: undefined,
  timeoutMs: 60_000,
};

/** What a plan of that kind has beside its steps. */
const EXTRAS: Readonly<Record<Kind['kind'], Partial<Plan>>> = {
  plain: {},
  baseline: {
    baseline: {
      deployment: 'web-baseline',
      label: { key: 'drone-promote/role', value: 'baseline' },
      services: [],
    },
  },
  experiment: {
    strategy: 'experiment',
    routes: [],
    baseline: {
      deployment: 'web-baseline',
      label: { key: 'app', value: 'web-baseline' },
      services: [{ stable: 'web', baseline: 'web-baseline' }],
    },
  },
};

/** Runs one promotion to its end, with the happenings in its way, and then with everything well. */
function run({ finish, kind, jobs: when, weights }: Kind, happenings: Happening[]) {
  // an experiment has one step, and runs its Jobs there
  const checks = when === 'of steps' && kind !== 'experiment' ? { checks: ['smoke'] } : {};
  const steps = [...weights]
    .sort((a, b) => a - b)
    .map((weight) => ({ kind: 'weight' as const, weight, holdMs: 30_000, ...checks }));
  const world = createWorld();
  const before = world.objects();
  const jobs = when !== 'none' ? { jobs: [{ name: 'smoke', job: JOB }] } : {};
  const pace = finish === 'pace' ? { pace: { readySeconds: 5, surge: '4%' } } : {};
  let intended: PromotionRecord = record({
    plan: plan({ steps, finish, ...pace, ...EXTRAS[kind], ...jobs }),
  });
  let now = 0;
  let old: ObjectSource = world.snapshot();
  let aborted = false;
  let crashed = false;
  const reached = new Set<string>();
  const seenBy = (source: ObjectSource): Snapshot => {
    const request = aborted ? { id: 'one', by: 'bob', reason: 'Aborted by bob.' } : undefined;
    const seen = takeSnapshot(source, intended.plan, nginx, request);
    const pods = crashed && seen.canary ? [crashing] : [];
    return { ...seen, canaryPods: pods, jobs: findCheckJobs(source, intended) };
  };
  for (let count = 0; count < 600; count++) {
    const happening = happenings[count] ?? (count % 2 === 0 ? 'ready' : 'time');
    if (happening === 'ready') world.settle();
    if (happening === 'time') now += 10_000;
    // the cluster may remove a Job that has ended
    for (const object of happening === 'expire' ? world.all(jobKind) : [])
      if (intended.passedJobs?.includes(object.metadata?.name ?? ''))
        world.apply({ verb: 'delete', resource: jobKind, object });
    if (happening === 'abort') aborted = true;
    if (happening === 'crash') crashed = true;
    const current = world.snapshot();
    const seen = seenBy(happening === 'stale' ? old : current);
    old = current;
    const decision = decide({ record: intended, snapshot: seen, now, router: nginx });
    if (decision.do === 'end') return { outcome: decision.outcome, world, before };
    if (decision.do === 'record') {
      const stage = stagesOf(intended)[intended.stage];
      if (decision.record.stage > intended.stage && stage) {
        reached.add(`${intended.direction} ${stage.name}`);
        const left = stage.jobs ? [jobName(intended.plan, 'smoke', intended.id, stage.jobs.step)] : [];
        for (const name of left)
          assert.ok(intended.passedJobs?.includes(name), `${stage.name} was left before its Job has passed`);
      }
      intended = decision.record;
    }
    if (decision.do !== 'write') continue;
    for (const write of decision.writes) {
      checkWrite(write, intended, seen, reached);
      if (!world.apply(write)) break;
    }
  }
  return assert.fail(`no end after 600 decisions, at stage ${intended.stage} ${intended.direction}`);
}

const crashing = {
  metadata: { name: 'web-canary-x' },
  status: {
    containerStatuses: [
      {
        name: 'app',
        image: TO,
        imageID: '',
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
      },
    ],
  },
};

/** The promises that hold for every single write. */
function checkWrite(
  write: Write,
  intended: PromotionRecord,
  seen: Snapshot,
  reached: ReadonlySet<string>,
): void {
  const weight = Number(
    write.object.metadata?.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0,
  );
  if (write.resource.plural === 'ingresses' && write.verb !== 'delete' && weight > 0) {
    assert.ok((seen.ready['web-canary'] ?? 0) > 0, 'weight without ready endpoints');
    if (jobsBeforeUsers(intended.plan).length > 0)
      assert.ok(reached.has('up tests'), 'weight before the checks of Jobs have passed');
  }
  const own = stagesOf(intended)[intended.stage];
  if (write.resource.plural === 'jobs' && own?.jobs) {
    const name = write.object.metadata?.name ?? '';
    assert.ok(!intended.passedJobs?.includes(name), 'a Job of a step runs twice');
    assert.equal(nginx.weight(splitOf(intended.plan), seen.routes), own.weight, 'a Job without its users');
  }
  const stable = write.resource.plural === 'deployments' && write.object.metadata?.name === 'web';
  if (intended.plan.strategy === 'experiment') {
    assert.ok(!stable, 'an experiment writes stable');
    assert.notEqual(write.resource.plural, 'ingresses', 'an experiment sends users');
  }
  if (stable && intended.direction === 'up')
    assert.equal(seen.baseline, undefined, 'the baseline still serves when stable is written');
  if (stable && intended.direction === 'up') {
    const due = stagesOf(intended).slice(0, intended.stage);
    for (const stage of due)
      assert.ok(reached.has(`up ${stage.name}`), `stable is written before ${stage.name} has passed`);
  }
  const withWeight = nginx.weight(splitOf(intended.plan), seen.routes) > 0;
  if (intended.direction === 'down' && !intended.restore && withWeight) {
    assert.ok(
      write.resource.plural === 'ingresses' && weight === 0,
      `the way down begins with ${write.verb} ${write.object.metadata?.name}`,
    );
  }
  const isBaseline = write.object.metadata?.name === 'web-baseline';
  if (write.verb === 'delete' && !isBaseline)
    assert.ok(!withWeight, 'something is removed while users are on the canary');
}

test('every promotion ends, safely at each write, with production promoted or as it was', () => {
  fc.assert(
    fc.property(PLANS, HAPPENINGS, (kind, happenings) => {
      const { outcome, world, before } = run(kind, happenings);
      const [web] = world.all(deployments).filter((each) => each.metadata?.name === 'web');
      const image = web?.spec?.template.spec?.containers[0]?.image;
      assert.equal(web && withOwnPace(web), undefined, 'the pace is left on stable');
      assert.deepEqual(web?.spec?.strategy?.rollingUpdate, { maxSurge: '25%', maxUnavailable: '25%' });
      if (outcome.kind === 'promoted') assert.equal(image, TO);
      else {
        if (outcome.kind !== 'aborted') assert.deepEqual([outcome.kind, kind.kind], ['shown', 'experiment']);
        assert.equal(world.objects(), before);
      }
      assert.equal(
        world.all(ingresses).length + world.all(services).length + world.all(deployments).length,
        3,
      );
    }),
    { numRuns: 1000 },
  );
});
