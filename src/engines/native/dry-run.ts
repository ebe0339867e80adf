import type { Assessment } from '../../analysis/assessment.ts';
import { diffOf } from '../../cluster/diff.ts';
import { listIfServed } from '../../cluster/list-if-served.ts';
import * as kinds from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { checksOfSteps } from '../../settings/steps.ts';
import { routerOf } from '../../traffic/index.ts';
import { autoscalerResource } from '../../workload/autoscaling/scaled-object.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { decide } from './decide/decide.ts';
import { guardJobOf } from './guard.ts';
import type { Deps } from './loop-state.ts';
import { findCheckJobs } from './observe/check-jobs.ts';
import { findHookJobs } from './observe/hooks.ts';
import { createMemory } from './observe/memory.ts';
import { resourceOf } from './observe/policies.ts';
import { takeSnapshot } from './observe/snapshot.ts';
import { followersByKind, readFollowers } from './plan/followers/read-followers.ts';
import { type Plan, subjectOfOutcome } from './plan/plan.ts';
import { entered, type PromotionRecord } from './plan/record.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { stageEvents } from './plan/stage-events.ts';

/** An assessment without a failure, in which each check of a step has passed. */
function allWell({ steps }: Plan): Assessment {
  const passed = { step: '', measurements: 1, failures: 0, passed: true };
  return {
    trafficShare: { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 },
    conclusive: true,
    comparisons: [],
    checks: [...checksOfSteps(steps)].map((name) => ({ name, ...passed })),
  };
}

/** More decisions than any promotion makes; to reach it is a bug of this program. */
const MOST_DECISIONS = 2000;

/**
 * A dry run: makes the decisions of a promotion on a copy of the cluster in memory, where every pod is ready
 * at once. Reports the writes in their order. Writes nothing to the cluster, and nothing to the Lease.
 */
export async function* rehearse(
  plan: Plan,
  spec: PromotionSpec,
  deps: Deps,
  guard: GuardSettings | undefined,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster } = deps;
  // no controller answers here: what is written is accepted at once
  const { acceptance: _, ...router } = routerOf(plan.router, deps.routers);
  const lists = router.resources.map(
    async (each) => [each, (await listIfServed(cluster, each)).items] as const,
  );
  const copied = [...new Set((plan.policies ?? []).map(resourceOf))];
  const { followers = [] } = plan;
  const [deployments, services, routes, autoscalers, policies, following] = await Promise.all([
    cluster.list(kinds.deployments),
    cluster.list(kinds.services),
    Promise.all(lists),
    plan.autoscaler ? cluster.list(autoscalerResource(plan.autoscaler)) : { items: [] },
    Promise.all(copied.map(async (each) => [each, (await cluster.list(each)).items] as const)),
    readFollowers(cluster, followers),
  ]);
  const memory = createMemory([
    [kinds.deployments, deployments.items],
    [kinds.services, services.items],
    ...routes,
    [plan.autoscaler ? autoscalerResource(plan.autoscaler) : kinds.autoscalers, autoscalers.items],
    ...policies,
    ...followersByKind(following),
    [kinds.jobs, []],
    [kinds.pods, []],
  ]);
  let now = 0;
  let writes = 0;
  let record: PromotionRecord = {
    version: 1,
    id: 'dry-run',
    plan,
    by: '',
    startedAt: 0,
    direction: 'up',
    stage: 0,
    since: 0,
  };
  const stable = deployments.items.find((each) => each.metadata?.name === plan.workload);
  if (guard && stable) {
    const write = {
      verb: 'create',
      resource: kinds.jobs,
      object: guardJobOf(plan, stable, guard, 'xxxxxxxx'),
    } as const;
    writes += 1;
    yield {
      type: 'diff',
      object: kinds.nameOf(write.resource, write.object),
      verb: 'create',
      lines: diffOf(write),
    };
  }
  yield* stageEvents(record);
  for (let count = 0; count < MOST_DECISIONS; count++) {
    const seen = {
      ...takeSnapshot(memory, plan, router, undefined),
      jobs: findCheckJobs(memory, record),
      hooks: findHookJobs(memory, record),
      assessment: allWell(plan),
    };
    const decision = decide({ record, snapshot: seen, now, router });
    // skips the whole time at once, because polling for an hour would make thousands of decisions
    if (decision.do === 'wait') now += decision.event.type === 'holding' ? decision.event.ms : decision.ms;
    else if (decision.do === 'record') {
      if (decision.record.stage !== record.stage) yield* stageEvents(decision.record);
      record = decision.record;
    } else if (decision.do === 'write') {
      for (const write of decision.writes) {
        writes += 1;
        yield {
          type: 'diff',
          object: kinds.nameOf(write.resource, write.object),
          verb: write.verb,
          lines: diffOf(write),
        };
        memory.apply(write);
      }
    } else if (decision.outcome.kind === 'held') {
      yield {
        type: 'note',
        message: 'Here the step would end as held. The next promotion of the same release would resume.',
      };
      record = entered(record, record.stage + 1, now);
      yield* stageEvents(record);
    } else {
      const count = writes === 1 ? '1 write' : `${writes} writes`;
      return {
        ...subjectOfOutcome(plan),
        kind: 'shown',
        reason: `Dry run: a promotion of ${spec.image} would make ${count}. Nothing was written.`,
        hints: [],
        image: plan.from,
        weight: 0,
      };
    }
  }
  throw new PromoteError('internal', `The dry run did not end after ${MOST_DECISIONS} decisions.`);
}
