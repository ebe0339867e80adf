import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Followed, runLoop } from '../../../src/engines/keel/follow/loop.ts';
import { startTrack } from '../../../src/engines/keel/follow/track.ts';
import { forecast } from '../../../src/engines/keel/forecast/forecast.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { type Happening, IMAGE, type Story, startModel, TAG } from './model.ts';

const WEBHOOK_ID = 'drone-promote-7-a1b2c3d4';
const RUNS = 1000;

const happening: fc.Arbitrary<Happening> = fc.record({
  at: fc.integer({ min: 0, max: 25_000 }),
  kind: fc.constantFrom(
    ...(['vote', 'vote', 'vote', 'vote', 'reject', 'archive', 'delete', 'sweep'] as const),
    ...(['restart', 'lose-store', 'other-writer', 'lower-votes'] as const),
  ),
  voter: fc.constantFrom('ann', 'bob', 'eve'),
  ms: fc.integer({ min: 0, max: 20_000 }),
});

const story: fc.Arbitrary<Story> = fc.record({
  policy: fc.constantFrom('all', 'patch', 'glob:1.0.*', 'force', 'regexp:^1'),
  votes: fc.integer({ min: 0, max: 3 }),
  happenings: fc.array(happening, { maxLength: 6 }),
  losses: fc.constantFrom(0, 0, 1, 2),
  webhookLost: fc.constantFrom(false, false, false, true),
  rolloutMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined, freq: 6 }),
  lagMs: fc.integer({ min: 0, max: 30 }),
  approves: fc.boolean(),
});

async function run(given: Story) {
  const model = startModel(given, WEBHOOK_ID);
  const sent = { repository: IMAGE, name: IMAGE, tag: TAG, digest: WEBHOOK_ID, at: 0 };
  const [forecasted] = forecast({ name: IMAGE, tag: TAG }, [model.workload()], {
    approvals: [],
    keel: '0.22.1',
    now: 0,
    isOurs: () => true,
  });
  assert.ok(forecasted);
  if (!given.webhookLost) model.webhook();
  let resent = 0;
  const followed: Followed = {
    host: 'keel:9300',
    admin: model.admin,
    cluster: model.cluster,
    tracks: [startTrack(forecasted, sent, 0)],
    refusing: [],
    resent: false,
    seesApprovals: true,
    isReachable: true,
    // biome-ignore lint/correctness/useYield: it has no events
    async *resend() {
      resent += 1;
      if (!model.isDown()) model.webhook();
    },
  };
  const options = {
    wait: 'updated',
    timeoutMs: 20_000,
    approveAs: given.approves ? 'ci' : undefined,
    voter: 'ci',
    onCancel: 'abort',
    clock: model.clock,
    looked: async () => {},
  } as const;
  const events = runLoop([followed], options, new AbortController().signal);
  let outcome: Outcome | undefined;
  while (outcome === undefined) {
    const next = await events.next();
    if (next.done) outcome = next.value;
  }
  return { model, outcome, resent, endedAt: model.clock.now() };
}

describe('engines/keel/follow/loop, over random stories', () => {
  it(`never says "updated" or "rejected" wrongly, in ${RUNS} runs`, async () => {
    const ends: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        const { model, outcome, resent, endedAt } = await run(given);
        const { truth } = model;
        const reason = outcome.reason;
        ends[
          `${outcome.kind} ${/rejected|superseded|another person or tool|before its deadline|deleted|archived|lost|gave up/.exec(reason)?.[0] ?? ''}`
        ] =
          (ends[
            `${outcome.kind} ${/rejected|superseded|another person or tool|before its deadline|deleted|archived|lost|gave up/.exec(reason)?.[0] ?? ''}`
          ] ?? 0) + 1;
        if (outcome.kind === 'promoted') {
          assert.ok(truth.readyAt >= 0, `it ended as promoted: ${reason}`);
          const late = endedAt - truth.readyAt;
          assert.ok(late <= 1000, `${late} ms after it was ready`);
        }
        if (/was rejected/.test(reason)) assert.ok(truth.rejected, reason);
        if (/before its deadline/.test(reason)) assert.ok(truth.expired, reason);
        if (/was deleted before it had its votes/.test(reason)) assert.ok(truth.deleted, reason);
        if (/was archived before it had its votes/.test(reason)) assert.ok(truth.archived, reason);
        if (outcome.kind === 'aborted') assert.notEqual(model.image(), `${IMAGE}:${TAG}`, reason);
        if (truth.readyAt < 0) assert.notEqual(outcome.kind, 'promoted');
        assert.ok(resent <= 1);
        if (given.policy === 'force' || given.policy.startsWith('regexp')) assert.equal(resent, 0);
        assert.ok(endedAt < 400_000, 'it ends');
      }),
      { numRuns: RUNS },
    );
    for (const word of ['promoted', 'aborted', 'stuck']) {
      assert.ok(
        Object.keys(ends).some((end) => end.startsWith(word)),
        `${word} came up: ${JSON.stringify(ends)}`,
      );
    }
  });
});
