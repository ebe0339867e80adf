import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fixedSource, type ObjectSource } from '../../../../src/cluster/object-source.ts';
import { controllerRevisions, jobs, pods, statefulSets } from '../../../../src/cluster/resource.ts';
import type { Write } from '../../../../src/cluster/write.ts';
import { findHookJobs } from '../../../../src/engines/native/observe/hooks.ts';
import { tasksOf, undoOf } from '../../../../src/engines/native/plan/hooks/tasks.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { decideRolling } from '../../../../src/engines/native/rolling/decide.ts';
import { findSeen } from '../../../../src/engines/native/rolling/seen.ts';
import type { Outcome } from '../../../../src/outcome.ts';
import { isUpdateHeld } from '../../../../src/workload/rolling/update-strategy.ts';
import { hook, RUN } from '../hooks/fixtures.ts';
import { createJobs } from '../hooks/jobs-model.ts';
import { NOW, recordOf } from './fixtures.ts';
import { createSet } from './set-model.ts';

/**
 * What happens between two decisions. `stale`: the decision is made on what was seen before. `late`: a step that has lost its lock sends
 * what it decided long ago, by a record of that time. `fail` and `lose`: a Job fails, or somebody deletes one.
 */
const HAPPENINGS = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('ready' as const) },
    { weight: 3, arbitrary: fc.constant('time' as const) },
    { weight: 3, arbitrary: fc.constant('stale' as const) },
    { weight: 3, arbitrary: fc.constant('late' as const) },
    { weight: 3, arbitrary: fc.constantFrom('abort' as const, 'fail' as const, 'lose' as const) },
  ),
  { minLength: 20, maxLength: 100 },
);
type Happening = typeof HAPPENINGS extends fc.Arbitrary<(infer T)[]> ? T : never;

const START = recordOf({
  steps: [{ kind: 'weight', weight: 50, holdMs: 5_000 }],
  label: { key: 'app', stable: 'db', canary: 'db-canary' },
  hooks: { before: [hook('migrate', RUN), hook('seed', RUN)], after: [hook('reindex', RUN)] },
  timeoutMs: 600_000,
});
const { plan: PLAN } = START;
const TASKS = tasksOf(PLAN);
const nameOf = (key: string) => jobName(PLAN, key, START.id);

interface Run {
  outcome: Outcome;
  made: ReturnType<typeof createJobs>;
  web: ReturnType<typeof createSet>;
}

/** Runs one promotion to its end. @param calm so many decisions with everything well come before the happenings, and all others after them */
function run(calm: number, happenings: readonly Happening[]): Run {
  const web = createSet();
  const made = createJobs('db-canary-test');
  let intended: PromotionRecord = START;
  let now = NOW;
  let isAborted = false;
  const sourceNow = (): ObjectSource => {
    const [set, own] = [web.snapshot(), made.snapshot()];
    return fixedSource([
      [statefulSets, set.sets],
      [controllerRevisions, set.revisions],
      [pods, [...set.pods, ...own.pods]],
      [jobs, own.jobs],
    ]);
  };
  const decideOn = (source: ObjectSource, record: PromotionRecord) => {
    const request = isAborted ? { id: '1', by: 'bob', reason: 'Aborted by bob.' } : undefined;
    const hooks = findHookJobs(source, record);
    const seen = { ...findSeen(source, PLAN), hooks, assessment: undefined, request };
    return decideRolling({ record, seen, now });
  };
  const apply = (writes: readonly Write[], isLate: boolean) => {
    for (const write of writes) {
      if (!isLate) check(write);
      if (!(write.resource.plural === jobs.plural ? made : web).apply(write)) return;
    }
  };
  let old = { source: sourceNow(), record: intended };
  let older = old;
  for (let count = 0; count < 900; count++) {
    const happening = happenings[count - calm] ?? (count % 3 === 0 ? 'time' : 'ready');
    if (happening === 'ready' || happening === 'fail') {
      web.settle();
      made.settle(happening === 'fail' ? 1 : 0);
    }
    if (happening === 'time') now += 5_000;
    if (happening === 'abort') isAborted = true;
    if (happening === 'lose') made.lose();
    if (happening === 'late') {
      const late = decideOn(older.source, older.record);
      if (late.do === 'write') apply(late.writes, true);
    }
    const source = happening === 'stale' ? old.source : sourceNow();
    older = old;
    old = { source: sourceNow(), record: intended };
    const decision = decideOn(source, intended);
    if (decision.do === 'end') return { outcome: decision.outcome, made, web };
    if (decision.do === 'record') intended = decision.record;
    if (decision.do === 'write') apply(decision.writes, false);
  }
  return assert.fail(`no end after 900 decisions, at stage ${intended.stage} ${intended.direction}`);

  function check({ verb, resource, object }: Write): void {
    const name = object.metadata?.name ?? '';
    if (resource.plural === statefulSets.plural) {
      const isRelease = JSON.stringify(object).includes('"db:2"');
      const isReady = TASKS.filter(({ when }) => when === 'before').every(({ key }) =>
        made.passed.has(nameOf(key)),
      );
      assert.ok(intended.direction === 'down' || !isRelease || isReady, 'the release comes before its Jobs');
    }
    if (verb !== 'create') return;
    const runs = [...made.running.values()].some(({ status }) => status?.phase === 'Running');
    assert.ok(!runs, `${name} is made while a Job runs`);
    if (name.includes('-undo-'))
      assert.ok(!web.images().includes('db:2'), 'undone while a pod has the release');
    if (name.includes('-after-') && !name.includes('-undo-'))
      assert.deepEqual([...new Set(web.images())], ['db:2'], 'a Job after the release finds an old pod');
  }
}

test('each Job around a rolling update runs once at most, and its work is there with the release, or undone', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.nat(45), HAPPENINGS, (calm, happenings) => {
      const { outcome, made, web } = run(calm, happenings);
      kinds.add(outcome.kind);
      for (const [name, count] of made.started) assert.equal(count, 1, `${name} has run ${count} times`);
      for (const task of TASKS) {
        const [name, undo] = [nameOf(task.key), nameOf(undoOf(PLAN, task)?.key ?? '')];
        if (outcome.kind === 'promoted') {
          assert.ok(made.passed.has(name), `${name} has not passed`);
          assert.ok(!made.started.has(undo), `${undo} has run`);
        }
        if (outcome.kind === 'aborted' && made.started.has(name))
          assert.ok(made.passed.has(undo), `${name} is not undone`);
      }
      const image = outcome.kind === 'promoted' ? 'db:2' : 'db:1';
      assert.equal(web.image(), image);
      assert.deepEqual([...new Set(web.images())], [image]);
      assert.ok(!isUpdateHeld(web.object()), 'its own update strategy is back');
      // an undo that failed, or that somebody deleted, is a person's
      if (outcome.kind === 'stuck') assert.match(outcome.reason, /The undo of \S+ \(\S+\) failed/);
    }),
    { numRuns: 500 },
  );
  assert.ok(kinds.has('aborted') && kinds.has('promoted'));
});
