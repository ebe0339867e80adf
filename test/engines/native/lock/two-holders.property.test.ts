import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ObjectSource } from '../../../../src/cluster/object-source.ts';
import { deployments, ingresses, services } from '../../../../src/cluster/resource.ts';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import { takeSnapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { imageOf } from '../../../../src/workload/images.ts';
import { plan, record, TO } from '../fixtures.ts';
import { createWorld, type World } from '../small-world.ts';

/** One who decides and writes, with a record and an observation of its own, which may be old. */
interface Holder {
  intended: PromotionRecord;
  seen: ObjectSource;
  reason?: string;
}

function decideFor({ intended, seen, reason }: Holder, now: number): Decision {
  const request = reason === undefined ? undefined : { id: intended.id, by: 'the guard', reason };
  const snapshot = takeSnapshot(seen, intended.plan, nginx, request);
  return decide({ record: intended, snapshot, now, router: nginx });
}

/** Carries a decision out. @returns what was written, `PLURAL NAME VERSION`; nothing where somebody else had written meanwhile */
function act(holder: Holder, world: World, decision: Decision): string[] {
  if (decision.do === 'record') holder.intended = decision.record;
  if (decision.do !== 'write') return [];
  const written: string[] = [];
  for (const write of decision.writes) {
    if (!world.apply(write)) break;
    const { name, resourceVersion } = write.object.metadata ?? {};
    if (write.verb !== 'create') written.push(`${write.resource.plural} ${name} ${resourceVersion}`);
  }
  return written;
}

const PLANS = fc.record({
  finish: fc.constantFrom('shift' as const, 'roll' as const),
  weight: fc.integer({ min: 1, max: 100 }),
});

test('who slept past the lease writes nothing that the other has written, and cannot keep it from its end', () => {
  fc.assert(
    fc.property(
      PLANS,
      fc.nat({ max: 40 }),
      fc.array(fc.constantFrom('sleeper', 'guard', 'ready', 'time'), { maxLength: 30 }),
      ({ finish, weight }, before, together) => {
        const steps = [{ kind: 'weight' as const, weight, holdMs: 30_000 }];
        const world = createWorld();
        const start = world.objects();
        let now = 0;
        const sleeper: Holder = {
          intended: record({ plan: plan({ steps, finish }) }),
          seen: world.snapshot(),
        };
        for (let count = 0; count < before; count += 1) {
          if (count % 2 === 0) world.settle();
          else now += 10_000;
          sleeper.seen = world.snapshot();
          const decision = decideFor(sleeper, now);
          if (decision.do === 'end') return;
          act(sleeper, world, decision);
        }
        // the guard has the record as it was written last, and goes down or, past the point of no return, forward
        const [web] = world.all(deployments).filter(({ metadata }) => metadata?.name === 'web');
        const isPast = web !== undefined && imageOf(web, sleeper.intended.plan) === TO;
        const guard: Holder = {
          intended: sleeper.intended,
          seen: world.snapshot(),
          ...(isPast ? {} : { reason: 'The step was killed.' }),
        };
        const writers = new Map<string, string>();
        const turn = (name: string, holder: Holder): Decision => {
          const decision = decideFor(holder, now);
          for (const version of act(holder, world, decision)) {
            assert.ok(
              !writers.has(version),
              `${version} is written by ${writers.get(version)} and by ${name}`,
            );
            writers.set(version, name);
          }
          return decision;
        };
        for (const who of together) {
          if (who === 'ready') world.settle();
          else if (who === 'time') now += 10_000;
          else if (who === 'sleeper') {
            // it decides on what it saw before it slept
            if (turn('sleeper', sleeper).do === 'end') break;
          } else {
            guard.seen = world.snapshot();
            if (turn('guard', guard).do === 'end') break;
          }
        }
        // the sleeper has noticed by now that it has lost the lock
        for (let count = 0; count < 300; count += 1) {
          if (count % 2 === 0) world.settle();
          else now += 10_000;
          guard.seen = world.snapshot();
          const decision = turn('guard', guard);
          if (decision.do !== 'end') continue;
          const left =
            world.all(deployments).length + world.all(services).length + world.all(ingresses).length;
          assert.equal(left, 3, 'something is left over');
          if (
            !isPast &&
            decision.outcome.kind === 'aborted' &&
            !/somebody has changed/.test(decision.outcome.reason)
          ) {
            assert.equal(world.objects(), start);
          }
          return;
        }
        assert.fail('the guard came to no end');
      },
    ),
    { numRuns: 1000 },
  );
});
