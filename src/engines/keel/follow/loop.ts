import type { Clock } from '../../../clock.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { Admin } from '../admin/client.ts';
import { isOurs, withdraw } from '../admin/withdraw.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import { unreadableReason } from '../forecast/survey.ts';
import { decide } from './decide.ts';
import type { Following, Wait } from './following.ts';
import { takeSnapshot, troubleEvents } from './observe.ts';
import { describeTrack, isChanged } from './outcomes.ts';
import { progressOf } from './progress.ts';
import { advance, type Track } from './track.ts';

/** One Keel that accepted the webhook, with the ways to observe it. */
export interface Followed extends Following {
  readonly admin: Admin | undefined;
  readonly cluster: ClusterView | undefined;
  /** Sends the webhook again, with its events. */
  resend(): AsyncGenerator<PromotionEvent, void>;
}

export interface FollowOptions {
  readonly wait: Wait;
  readonly timeoutMs: number;
  /** Vote in this name; undefined: do not vote. */
  readonly approveAs: string | undefined;
  readonly voter: string;
  /** What to do with an open approval if the step is cancelled. */
  readonly onCancel: 'abort' | 'keep';
  readonly clock: Clock;
  /** Called after each look, with the workloads that it could read. */
  readonly looked: (tracks: readonly Track[]) => Promise<void>;
}

/** Shorter than POLL_INTERVAL_MS, so that a step ends well within a second after the Deployment is ready. */
const FOLLOW_POLL_MS = 400;
const TROUBLE_MS = 2_000;
/**
 * The most votes for one approval. A vote whose answer was lost is repeated, because Keel counts a name once.
 */
const VOTES_MOST = 5;

/** Polls, decides and acts until every workload has reached its end, or the time is over. */
export async function* runLoop(
  followed: readonly Followed[],
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { clock, wait, timeoutMs } = options;
  const alreadyReported = new Set<string>();
  const votes = new Map<string, number>();
  const blindHosts = new Set<string>();
  let all = followed;
  let lastProgressAt = clock.monotonic();
  let lastWaiting = '';
  let troublesAt = lastProgressAt;
  for (;;) {
    const now = clock.monotonic();
    const withTroubles = now - troublesAt >= TROUBLE_MS;
    if (withTroubles) troublesAt = now;
    const snapshots = await Promise.all(all.map((each) => takeSnapshot(each, withTroubles)));
    const seenAt = clock.monotonic();
    const before = stateOf(all, seenAt);
    all = all.map((each, index) => {
      const { seen, blind } = snapshots[index] ?? { seen: undefined, blind: 'not polled' };
      const tracks =
        seen === undefined ? each.tracks : each.tracks.map((track) => advance(track, seen, seenAt));
      return { ...each, tracks, isReachable: blind === undefined };
    });
    for (const [index, each] of all.entries()) {
      const snapshot = snapshots[index];
      if (snapshot === undefined) continue;
      yield* troubleEvents(snapshot, each.cluster, alreadyReported, signal);
      yield* reportBlindness(each.host, snapshot.blind, blindHosts);
    }
    await options.looked(all.filter(({ isReachable }) => isReachable).flatMap(({ tracks }) => tracks));
    const after = stateOf(all, seenAt);
    if (after !== before) lastProgressAt = seenAt;
    if (signal.aborted) return yield* cancelled(all, options);
    const next = decide(all, { wait, timeoutMs, lastProgressAt, now: seenAt, wall: clock.now() });
    if (next.do === 'end') {
      yield* reportEnds(all, seenAt);
      return next.outcome;
    }
    if (next.do === 'resend') {
      yield { type: 'warning', message: next.message };
      for (const index of next.keels) yield* all[index]?.resend() ?? [];
      const sentAt = clock.monotonic();
      all = all.map((each, index) =>
        next.keels.includes(index)
          ? {
              ...each,
              resent: true,
              tracks: each.tracks.map((track) => ({ ...track, sentAt, approvalSince: sentAt })),
            }
          : each,
      );
      continue;
    }
    if (next.message !== lastWaiting) {
      lastWaiting = next.message;
      yield { type: 'waiting', for: lastWaiting, timeoutMs };
    }
    if (yield* vote(all, options, votes, seenAt)) continue;
    await clock.sleep(FOLLOW_POLL_MS, signal);
  }
}

/** Votes if the settings ask for that and the name has not voted yet. @returns whether it voted */
async function* vote(
  all: readonly Followed[],
  { approveAs }: FollowOptions,
  votes: Map<string, number>,
  now: number,
): AsyncGenerator<PromotionEvent, boolean> {
  if (approveAs === undefined) return false;
  let voted = false;
  for (const { admin, tracks, host } of all) {
    for (const track of tracks) {
      const { record } = track;
      const count = votes.get(record?.id ?? '') ?? 0;
      if (admin === undefined || record === undefined || record.voters.includes(approveAs)) continue;
      if (progressOf(track, now).phase !== 'voting' || count >= VOTES_MOST) continue;
      votes.set(record.id, count + 1);
      const reply = await admin.act(record, 'approve', approveAs);
      voted ||= reply.kind === 'ok';
      yield reply.kind === 'ok'
        ? { type: 'note', message: `${host}: voted for ${record.identifier} as ${approveAs}` }
        : {
            type: 'warning',
            message: `${host}: could not vote for ${record.identifier}: ${unreadableReason(reply)}`,
          };
    }
  }
  return voted;
}

/**
 * Ends a cancelled step. It withdraws open approvals, so that a later vote does not deploy the release
 * unnoticed. Images that Keel wrote stay.
 */
async function* cancelled(
  all: readonly Followed[],
  options: FollowOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const now = options.clock.monotonic();
  const tracks = all.flatMap((each) => each.tracks);
  const sent = tracks[0]?.sent;
  const image = sent === undefined ? {} : { image: `${sent.repository}:${sent.tag}` };
  const hints: string[] = [];
  let isWritten = false;
  for (const { admin, tracks: own, host } of all) {
    for (const { record, ...track } of own) {
      if (record === undefined || progressOf({ record, ...track }, now).phase !== 'voting') continue;
      const fault =
        admin === undefined || options.onCancel === 'keep' || !isOurs(record)
          ? { reason: 'it stays open', approved: false }
          : await withdraw(admin, record, options.voter);
      isWritten ||= fault?.approved === true;
      if (fault === undefined)
        yield { type: 'note', message: `${host}: withdrew the approval of ${record.identifier}` };
      else
        hints.push(`The approval of ${record.identifier} (${record.id}) is not withdrawn: ${fault.reason}.`);
    }
  }
  const touched = tracks.filter((track) => isChanged(track, progressOf(track, now)));
  const where = tracks.map((track) => describeTrack(track, progressOf(track, now))).join('; ');
  const reason = `The step was cancelled: ${where}.`;
  return { kind: touched.length > 0 || isWritten ? 'stuck' : 'aborted', reason, hints, ...image };
}

async function* reportBlindness(
  host: string,
  blind: string | undefined,
  hosts: Set<string>,
): AsyncGenerator<PromotionEvent, void> {
  if (blind !== undefined && !hosts.has(host)) {
    hosts.add(host);
    yield { type: 'warning', message: `${host}: ${blind}; waiting until it answers again` };
  }
  if (blind === undefined && hosts.delete(host)) yield { type: 'note', message: `${host} answers again` };
}

async function* reportEnds(all: readonly Followed[], now: number): AsyncGenerator<PromotionEvent, void> {
  for (const track of all.flatMap(({ tracks }) => tracks)) {
    const at = progressOf(track, now);
    const message = describeTrack(track, at);
    yield at.phase === 'failed' ? { type: 'warning', message } : { type: 'note', message };
  }
}

/** The state that counts as progress (phases, votes, pods), as a string to compare. */
function stateOf(all: readonly Followed[], now: number): string {
  return all.flatMap(({ tracks }) => tracks.map((track) => stateOfTrack(track, now))).join();
}

function stateOfTrack(track: Track, now: number): string {
  const { phase, message } = progressOf(track, now);
  return `${phase} ${track.record?.votesReceived ?? 0} ${phase === 'written' ? message : ''}`;
}
