import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SWEEP_EVERY_MS } from '../../sim/keel/records.ts';
import { IMAGE, type KeelWorld, readyOf, startKeelWorld } from './outcome-helpers.ts';

/** Runs over HTTP, with the sim's Keel and cluster. The model of promote.property.test.ts is quicker. */
const STORIES = 30;

const KINDS = [
  'vote',
  'vote',
  'vote',
  'vote',
  'reject',
  'archive',
  'delete',
  'restart',
  'kill',
  'other',
] as const;

interface Happening {
  /** After the step began; milliseconds. */
  at: number;
  kind: (typeof KINDS)[number];
  voter: string;
  /** Of a restart: how long Keel does not listen. */
  ms: number;
}

interface Story {
  policy: string;
  votes: number;
  happenings: Happening[];
  /** Updates that are lost to a conflict, from the first on. */
  losses: number;
  /** Taken with 200, and lost with Keel's queue. */
  webhookLost: boolean;
  /** Of the pods: from their start until they are ready; undefined if they cannot start. */
  readyMs: number | undefined;
  /** When the hourly sweep comes, after the step began. Every record is past its deadline then. */
  sweepAt: number | undefined;
  sees: 'both' | 'keel' | 'cluster';
  approves: boolean;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  at: fc.integer({ min: 0, max: 15_000 }),
  kind: fc.constantFrom(...KINDS),
  voter: fc.constantFrom('ann', 'bob', 'eve'),
  ms: fc.integer({ min: 0, max: 8_000 }),
});

const story: fc.Arbitrary<Story> = fc.record({
  policy: fc.constantFrom('all', 'all', 'glob:1.0.*', 'force', 'regexp:^1'),
  votes: fc.integer({ min: 0, max: 2 }),
  happenings: fc.array(happening, { maxLength: 5 }),
  losses: fc.constantFrom(0, 0, 0, 1, 2),
  webhookLost: fc.constantFrom(false, false, false, true),
  readyMs: fc.option(fc.integer({ min: 0, max: 6_000 }), { nil: undefined, freq: 8 }),
  sweepAt: fc.option(fc.integer({ min: 500, max: 20_000 }), { nil: undefined, freq: 1 }),
  sees: fc.constantFrom('both', 'both', 'keel', 'cluster'),
  approves: fc.boolean(),
});

/** Plays the events of the story until the step has ended. */
async function play(at: KeelWorld, { happenings }: Story, tag: string, hasEnded: () => boolean) {
  const { clock, store } = at.cluster;
  const begun = clock.now();
  for (const { at: due, kind, voter, ms } of [...happenings].sort((a, b) => a.at - b.at)) {
    if (begun + due > clock.now()) await clock.sleep(begun + due - clock.now());
    if (hasEnded()) return;
    if (kind === 'restart' || kind === 'kill') {
      await at.keel.down();
      if (kind === 'restart') await clock.sleep(ms);
      await at.keel.up();
    } else if (kind === 'other') {
      const object = structuredClone(store.get('deployments', 'shop', 'web'));
      assert.ok(object);
      object.spec.template.spec.containers[0].image = `${IMAGE}:1.0.2`;
      store.put('deployments', object);
    } else {
      await at.vote(voter, kind === 'vote' ? 'approve' : kind, `deployment/shop/web:${tag}`);
    }
  }
}

async function run(given: Story) {
  const annotations = {
    'keel.sh/policy': given.policy,
    ...(given.votes > 0 ? { 'keel.sh/approvals': String(given.votes) } : {}),
    ...(given.sweepAt === undefined ? {} : { 'keel.sh/approvalDeadline': '-1' }),
  };
  const at = await startKeelWorld(annotations, { warmUpMs: 40 });
  const { clock, store } = at.cluster;
  try {
    // the hour since Keel's start is nearly over
    await clock.sleep(given.sweepAt === undefined ? 1_000 : SWEEP_EVERY_MS - given.sweepAt - 2_000);
    const tag = given.readyMs === undefined ? '1.0.1-nopull' : `1.0.1-ready${given.readyMs}`;
    const wanted = `${IMAGE}:${tag}`;
    const truth = { writes: 0, readyAt: -1 };
    let before = at.image();
    store.subscribe(() => {
      const now = at.image();
      if (now !== before && now === wanted) truth.writes += 1;
      before = now;
      if (now !== wanted) truth.readyAt = -1;
      else if (truth.readyAt < 0 && readyOf(at.cluster) === 2) truth.readyAt = clock.now();
    });
    at.keel.loseUpdates(given.losses);
    if (given.webhookLost) at.keel.fail({ kind: 'answer', status: 200, on: 'POST /v1/webhooks/native' });
    const step = at.step({
      tag,
      timeout: '20s',
      ...(given.sees === 'keel' ? { kubeconfig: undefined, namespace: undefined } : {}),
      ...(given.sees === 'cluster' ? { username: undefined, password: undefined } : {}),
      ...(given.approves && given.sees !== 'cluster' ? { approve: true, voter: 'ci' } : {}),
    });
    let ended = false;
    const playing = play(at, given, tag, () => ended);
    const code = await step.done;
    ended = true;
    const endedAt = clock.now();
    const image = at.image();
    await playing;
    const has = (action: string) => at.keel.records.audit.some((each) => each.action === action);
    return { code, log: step.log(), truth, endedAt, image, wanted, has, webhooks: sentTo(at) };
  } finally {
    await at.stop();
  }
}

/** Without the request that checks whether the webhook needs credentials. */
function sentTo({ keel }: KeelWorld): number {
  return keel.seen.filter(({ path, body }) => path === '/v1/webhooks/native' && body !== '{}').length;
}

describe('keel with an outcome, over random stories', () => {
  it('never says "updated" or "rejected" wrongly, over HTTP and through a Keel', async (context) => {
    const ends: Record<string, number> = {};
    let stories = 0;
    // fast-check prints the seed and the story if one fails
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        const { code, log, truth, endedAt, image, wanted, has, webhooks } = await run(given);
        const [, word = '', reason = ''] = /(PROMOTED|ABORTED|STUCK|REFUSED) +(.*)/.exec(log) ?? [];
        stories += 1;
        ends[word] = (ends[word] ?? 0) + 1;
        assert.equal(code, { PROMOTED: 0, ABORTED: 1, REFUSED: 2, STUCK: 3 }[word], log);
        if (word === 'PROMOTED') {
          assert.ok(truth.readyAt >= 0, `it is not: ${log}`);
          // Keel's own list has no generation, so the step accepts a rollout after 10 s that it never saw in progress
          const limit = given.sees === 'keel' ? 11_000 : 1_000;
          assert.ok(endedAt - truth.readyAt <= limit, `${endedAt - truth.readyAt} ms late: ${log}`);
        }
        if (word === 'ABORTED' || word === 'REFUSED') assert.notEqual(image, wanted, log);
        if (/approval was rejected/.test(reason)) assert.ok(has('rejected'), log);
        if (/before its deadline/.test(reason)) assert.ok(has('expired'), log);
        if (/was deleted before it had its votes/.test(reason))
          assert.ok(has('deleted') && !has('expired'), log);
        if (/was archived before it had its votes/.test(reason)) assert.ok(has('archived'), log);
        assert.ok(!/its store was lost/.test(reason), log);
        const isSafe = given.policy === 'all' || given.policy.startsWith('glob');
        assert.ok(webhooks <= (isSafe ? 2 : 1), `${webhooks} webhooks: ${log}`);
        if (!isSafe) assert.ok(truth.writes <= 1, log);
      }),
      { numRuns: STORIES },
    );
    context.diagnostic(`${stories} stories: ${JSON.stringify(ends)}`);
    assert.ok(ends.PROMOTED);
  });
});
