import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { type GuardDuty, guardLoop } from '../../../src/engines/shared/guard-loop.ts';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { acquire, annotation, inLab, type Lab } from '../native/lock/lease-helpers.ts';

const ANN = 'build 77 by ann';
const DONE: Outcome = { kind: 'aborted', reason: 'brought down', hints: [] };

/** A run of the loop: what it reports, and its outcome. */
interface Watch {
  lines: string[];
  outcome: Promise<Outcome>;
}

/** Starts the loop on a machine of its own. `ended` is what the engine says of the Lease. */
async function watch(lab: Lab, duty: Partial<GuardDuty> = {}, cancelled = new AbortController().signal) {
  const { cluster, clock } = await lab.machine('guard');
  const lines: string[] = [];
  const run = guardLoop(
    {
      workload: 'Deployment/web',
      leaseName: 'drone-promote-web',
      endOf: (lease) => (lease ? undefined : 'The promotion ended by itself.'),
      async *onDead(_, silence): AsyncGenerator<PromotionEvent, Outcome | undefined> {
        yield { type: 'note', message: `dead: ${silence}` };
        return DONE;
      },
      ...duty,
    },
    { cluster, clock, cancelled },
  );
  async function drain(): Promise<Outcome> {
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
      lines.push('message' in value ? `${value.type} ${value.message}` : value.type);
    }
  }
  return { lines, outcome: drain() } satisfies Watch;
}

/** A lock that ann's step holds and renews. */
async function held(lab: Lab) {
  const { cluster, clock } = await lab.machine('ann');
  return acquire(cluster, 'web', ANN, clock);
}

/** From now on requests get that answer. @returns what ends it */
function fail(
  lab: Lab,
  effect: 'reset' | { status: number },
  matches: (request: IncomingMessage) => boolean,
) {
  let failing = true;
  lab.sim.faults.add({
    times: Number.POSITIVE_INFINITY,
    matches: (each) => failing && matches(each),
    effect,
  });
  return () => {
    failing = false;
  };
}

/** The step is killed: it does not renew its Lease any more. */
const killed = (lab: Lab) =>
  fail(
    lab,
    { status: 409 },
    ({ method, url = '', headers }) =>
      method === 'PUT' && url.includes('/leases/') && !headers.authorization?.includes('guard'),
  );

const signedIn = (lab: Lab) => annotation(lab.lease(), 'guard');

describe('engines/shared/guard-loop', () => {
  it('ends at once if there is no Lease', () =>
    inLab(async (lab) => {
      const { outcome, lines } = await watch(lab);
      assert.equal((await outcome).reason, 'No promotion is in progress, so there is nothing to guard.');
      assert.deepEqual(lines, []);
    }));

  it('ends at once if the engine says that there is nothing to guard, and does not sign in', () =>
    inLab(async (lab) => {
      const lock = await held(lab);
      const { outcome } = await watch(lab, { endOf: () => 'The promotion is held and waits for a person.' });
      assert.equal((await outcome).reason, 'No promotion is in progress, so there is nothing to guard.');
      assert.equal(signedIn(lab), undefined);
      await lock.release({});
    }));

  it('signs in, and does nothing while the step renews its Lease', () =>
    inLab(async (lab) => {
      const lock = await held(lab);
      const { outcome, lines } = await watch(lab, {
        endOf: (lease) => (lease?.spec?.holderIdentity ? undefined : 'over'),
      });
      await lab.clock.sleep(300_000);
      assert.equal(signedIn(lab), ANN);
      assert.deepEqual(lines, [`note Watching the promotion of Deployment/web by ${ANN}.`]);
      await lock.release({});
      assert.deepEqual(await outcome, { kind: 'shown', reason: 'over', hints: [] });
    }));

  it('acts after the Lease has not changed for its own duration, and not before', () =>
    inLab(async (lab) => {
      const lock = await held(lab);
      const { outcome, lines } = await watch(lab);
      await lab.clock.sleep(2_000);
      const revive = killed(lab);
      await lab.clock.sleep(13_000);
      assert.equal(lines.length, 1);
      assert.equal(await outcome, DONE);
      assert.match(lines[1] ?? '', /^note dead: build 77 by ann has been silent for 1[56]s$/);
      revive();
      await lock.release({}).catch(() => {});
    }));

  it('goes on watching if another run took over first', () =>
    inLab(async (lab) => {
      const lock = await held(lab);
      let calls = 0;
      const { outcome } = await watch(lab, {
        async *onDead() {
          calls += 1;
          lab.put((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'build 78 by bob' } }));
          return undefined;
        },
      });
      await lab.clock.sleep(2_000);
      const revive = killed(lab);
      assert.equal((await outcome).reason, 'build 78 by bob continues the promotion.');
      assert.equal(calls, 1);
      revive();
      await lock.release({}).catch(() => {});
    }));

  it('reports an unreachable API server once, and takes nobody for dead because of it', () =>
    inLab(async (lab) => {
      const lock = await held(lab);
      const cancelled = new AbortController();
      const { outcome, lines } = await watch(lab, {}, cancelled.signal);
      await lab.clock.sleep(2_000);
      const answer = fail(lab, 'reset', () => true);
      await lab.clock.sleep(60_000);
      answer();
      await lab.clock.sleep(20_000);
      cancelled.abort();
      assert.equal((await outcome).reason, 'The guard was stopped.');
      assert.equal(lines.filter((line) => line.startsWith('warning')).length, 1, lines.join('\n'));
      assert.equal(lines.at(-1), 'note The API server answers again.');
      await lock.release({}).catch(() => {});
    }));
});
