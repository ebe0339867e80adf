import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ObjectSource } from '../../../../src/cluster/object-source.ts';
import { deployments, jobs, type KubeObject, pods, type Resource } from '../../../../src/cluster/resource.ts';
import type { Write } from '../../../../src/cluster/write.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import { findHookJobs } from '../../../../src/engines/native/observe/hooks.ts';
import { takeSnapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import { tasksOf, undoOf } from '../../../../src/engines/native/plan/hooks/tasks.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import { splitOf } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Outcome } from '../../../../src/outcome.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { FROM, plan, record, TO } from '../fixtures.ts';
import { createWorld } from '../small-world.ts';
import { hook, RUN } from './fixtures.ts';
import { createJobs } from './jobs-model.ts';

/**
 * What happens between two decisions. `stale`: the decision is made on what was seen before. `late`: a step that has lost its lock sends
 * what it decided long ago, by a record of that time. `fail` and `lose`: a Job fails, or somebody deletes one.
 */
type Happening = 'ready' | 'time' | 'stale' | 'late' | 'abort' | 'fail' | 'lose' | 'nothing';

const HAPPENINGS = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Happening>('ready') },
    { weight: 3, arbitrary: fc.constant<Happening>('time') },
    { weight: 3, arbitrary: fc.constant<Happening>('stale') },
    { weight: 3, arbitrary: fc.constant<Happening>('late') },
    { weight: 2, arbitrary: fc.constant<Happening>('nothing') },
    { weight: 1, arbitrary: fc.constant<Happening>('abort') },
    { weight: 1, arbitrary: fc.constant<Happening>('fail') },
    { weight: 1, arbitrary: fc.constant<Happening>('lose') },
  ),
  { maxLength: 120 },
);

const PLAN = plan({
  steps: [{ kind: 'weight', weight: 50, holdMs: 10_000 }],
  hooks: { before: [hook('migrate', RUN), hook('seed', RUN)], after: [hook('reindex', RUN)] },
});
const TASKS = tasksOf(PLAN);

interface Run {
  outcome: Outcome;
  cluster: ReturnType<typeof createJobs>;
  image: string | undefined;
}

/** Runs one promotion to its end, with the happenings in its way, and then with everything well. */
function run(happenings: readonly Happening[]): Run {
  const world = createWorld();
  const cluster = createJobs('web-canary-test');
  let intended: PromotionRecord = record({ plan: PLAN });
  let now = 0;
  let isAborted = false;
  const sourceNow = (): ObjectSource => {
    const others = world.snapshot();
    const own = cluster.snapshot();
    return {
      all: <T extends KubeObject>(resource: Resource<T>) => {
        if (resource.plural === jobs.plural) return own.jobs as unknown as T[];
        return resource.plural === pods.plural ? (own.pods as unknown as T[]) : others.all(resource);
      },
    };
  };
  const decideOn = (source: ObjectSource, of: PromotionRecord) => {
    const request = isAborted ? { id: 'one', by: 'bob', reason: 'Aborted by bob.' } : undefined;
    const snapshot = { ...takeSnapshot(source, PLAN, nginx, request), hooks: findHookJobs(source, of) };
    return decide({ record: of, snapshot, now, router: nginx });
  };
  const apply = (writes: readonly Write[], source: ObjectSource) => {
    for (const write of writes) {
      if (write.resource.plural !== jobs.plural) {
        checkRelease(write);
        if (!world.apply(write)) return;
      } else {
        checkUndo(write, source);
        if (!cluster.apply(write)) return;
      }
    }
  };
  let old = { source: sourceNow(), record: intended };
  let older = old;
  for (let count = 0; count < 900; count++) {
    const happening = happenings[count] ?? (count % 3 === 0 ? 'time' : 'ready');
    if (happening === 'ready' || happening === 'fail') {
      world.settle();
      cluster.settle(happening === 'fail' ? 1 : 0);
    }
    if (happening === 'time') now += 5_000;
    if (happening === 'abort') isAborted = true;
    if (happening === 'lose') cluster.lose();
    if (happening === 'late') {
      const late = decideOn(older.source, older.record);
      if (late.do === 'write') apply(late.writes, older.source);
    }
    const source = happening === 'stale' ? old.source : sourceNow();
    older = old;
    old = { source: sourceNow(), record: intended };
    const decision = decideOn(source, intended);
    if (decision.do === 'end') {
      const web = world.all(deployments).find(({ metadata }) => metadata?.name === 'web');
      const image = web?.spec?.template.spec?.containers[0]?.image;
      return { outcome: decision.outcome, cluster, image };
    }
    if (decision.do === 'record') intended = decision.record;
    if (decision.do === 'write') apply(decision.writes, source);
  }
  return assert.fail(`no end after 900 decisions, at stage ${intended.stage} ${intended.direction}`);

  /** Users and stable get nothing of the release before its first Jobs have passed. */
  function checkRelease({ verb, resource, object }: Write): void {
    if (resource.plural !== deployments.plural || verb === 'delete' || intended.direction === 'down') return;
    const isRelease = JSON.stringify(object).includes(`"${TO}"`);
    const isReady = TASKS.filter(({ when }) => when === 'before').every(({ key }) =>
      cluster.passed.has(jobName(PLAN, key, 'one')),
    );
    assert.ok(!isRelease || isReady, `${object.metadata?.name} gets the release before its Jobs have passed`);
  }

  /** What is undone has no user and no canary any more. */
  function checkUndo({ verb, object }: Write, source: ObjectSource): void {
    if (verb !== 'create' || !object.metadata?.name?.includes('-undo-')) return;
    const isHalfWay = [...cluster.running.values()].some(({ status }) => status?.phase === 'Running');
    assert.ok(!isHalfWay, `${object.metadata.name} is made while a Job runs`);
    const snapshot = takeSnapshot(source, PLAN, nginx, undefined);
    assert.equal(snapshot.canary, undefined, 'something is undone while there is a canary');
    assert.equal(nginx.weight(splitOf(PLAN), snapshot.routes), 0);
    assert.equal(snapshot.stable?.spec?.template.spec?.containers[0]?.image, FROM);
  }
}

test('each Job runs once at most, and its work is there with the release, or undone, whatever happens', () => {
  fc.assert(
    fc.property(HAPPENINGS, (happenings) => {
      const { outcome, cluster, image } = run(happenings);
      const { started, passed, kept, running } = cluster;
      for (const [name, count] of started) assert.equal(count, 1, `${name} has run ${count} times`);
      for (const task of TASKS) {
        const name = jobName(PLAN, task.key, 'one');
        const undo = jobName(PLAN, undoOf(PLAN, task)?.key ?? '', 'one');
        if (outcome.kind === 'promoted') {
          assert.equal(image, TO);
          assert.ok(passed.has(name), `${name} has not passed`);
          assert.ok(!started.has(undo), `${undo} has run`);
        }
        if (outcome.kind === 'aborted') {
          assert.equal(image, FROM);
          if (started.has(name)) assert.ok(passed.has(undo), `${name} is not undone`);
        }
      }
      // an undo that failed, or that somebody deleted, is a person's
      if (outcome.kind === 'stuck') assert.match(outcome.reason, /The undo of \S+ \(\S+\) failed/);
      else
        for (const [name, job] of kept) {
          if (job.spec?.suspend) continue;
          assert.equal(job.status?.conditions?.[0]?.type, 'Failed', `${name} is left`);
          assert.notEqual(running.get(name)?.status?.phase, 'Running');
        }
    }),
    { numRuns: 1000 },
  );
});
