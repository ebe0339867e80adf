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

/** One Keel that took the webhook, and how it is looked at. */
export interface Followed extends Following {
  readonly admin: Admin | undefined;
  readonly cluster: ClusterView | undefined;
  /** Sends the webhook once more, with the events of that. */
  resend(): AsyncGenerator<PromotionEvent, void>;
}

export interface FollowOptions {
  readonly wait: Wait;
  readonly timeoutMs: number;
  /** Vote, by this name. */
  readonly approveAs: string | undefined;
  readonly voter: string;
  /** What becomes of an open approval when the step is told to end. */
  readonly onCancel: 'abort' | 'keep';
  readonly clock: Clock;
}

/** Shorter than POLL_INTERVAL_MS, so that a step ends well within a second after the Deployment is ready. */
const FOLLOW_POLL_MS = 400;
const TROUBLE_MS = 2_000;
/** A vote whose answer was lost is cast again: Keel counts a name once. */
const VOTES_MOST = 5;

/** Looks, decides and acts until the end of all workloads, or of the time. */
export async function* runLoop(
  followed: readonly Followed[],
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { clock, wait, timeoutMs } = options;
  const told = new Set<string>();
  const votes = new Map<string, number>();
  const blindHosts = new Set<string>();
  let all = followed;
  let lastProgressAt = clock.monotonic();
  let said = '';
  let troublesAt = lastProgressAt;
  for (;;) {
    const now = clock.monotonic();
    const withTroubles = now - troublesAt >= TROUBLE_MS;
    if (withTroubles) troublesAt = now;
    const looks = await Promise.all(all.map((each) => takeSnapshot(each, withTroubles)));
    const seenAt = clock.monotonic();
    const before = stateOf(all, seenAt);
    all = all.map((each, index) => {
      const { seen, blind } = looks[index] ?? { seen: undefined, blind: 'not looked at' };
      const tracks =
        seen === undefined ? each.tracks : each.tracks.map((track) => advance(track, seen, seenAt));
      return { ...each, tracks, isReachable: blind === undefined };
    });
    for (const [index, each] of all.entries()) {
      const seen = looks[index];
      if (seen === undefined) continue;
      yield* troubleEvents(seen, each.cluster, told, signal);
      yield* tellBlindness(each.host, seen.blind, blindHosts);
    }
    const after = stateOf(all, seenAt);
    if (after !== before) lastProgressAt = seenAt;
    if (signal.aborted) return yield* cancelled(all, options);
    const next = decide(all, { wait, timeoutMs, lastProgressAt, now: seenAt, wall: clock.now() });
    if (next.do === 'end') {
      yield* tellEnds(all, seenAt);
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
    if (next.message !== said) {
      said = next.message;
      yield { type: 'waiting', for: said, timeoutMs };
    }
    if (yield* vote(all, options, votes, seenAt)) continue;
    await clock.sleep(FOLLOW_POLL_MS, signal);
  }
}

/** Votes where that was asked for and the name is not among the voters yet. @returns whether it did */
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
            message: `${host}: the vote for ${record.identifier} was not taken: ${unreadableReason(reply)}`,
          };
    }
  }
  return voted;
}

/** The step is told to end: what waits for votes is withdrawn, so that nobody deploys it later unseen; what is written stays. */
async function* cancelled(
  all: readonly Followed[],
  options: FollowOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const now = options.clock.monotonic();
  const tracks = all.flatMap((each) => each.tracks);
  const sent = tracks[0]?.sent;
  const image = sent === undefined ? {} : { image: `${sent.repository}:${sent.tag}` };
  const left: string[] = [];
  let isWritten = false;
  for (const { admin, tracks: own, host } of all) {
    for (const { record, ...track } of own) {
      if (record === undefined || progressOf({ record, ...track }, now).phase !== 'voting') continue;
      const fault =
        admin === undefined || options.onCancel === 'keep' || !isOurs(record)
          ? { why: 'it is kept', approved: false }
          : await withdraw(admin, record, options.voter);
      isWritten ||= fault?.approved === true;
      if (fault === undefined)
        yield { type: 'note', message: `${host}: the approval of ${record.identifier} is withdrawn` };
      else left.push(`The approval of ${record.identifier} (${record.id}) is not withdrawn: ${fault.why}.`);
    }
  }
  const touched = tracks.filter((track) => isChanged(track, progressOf(track, now)));
  const where = tracks.map((track) => describeTrack(track, progressOf(track, now))).join('; ');
  const reason = `The step was told to stop: ${where}.`;
  return { kind: touched.length > 0 || isWritten ? 'stuck' : 'aborted', reason, hints: left, ...image };
}

async function* tellBlindness(
  host: string,
  blind: string | undefined,
  hosts: Set<string>,
): AsyncGenerator<PromotionEvent, void> {
  if (blind !== undefined && !hosts.has(host)) {
    hosts.add(host);
    yield { type: 'warning', message: `${host}: ${blind}; waiting for it to be back` };
  }
  if (blind === undefined && hosts.delete(host)) yield { type: 'note', message: `${host} answers again` };
}

async function* tellEnds(all: readonly Followed[], now: number): AsyncGenerator<PromotionEvent, void> {
  for (const track of all.flatMap(({ tracks }) => tracks)) {
    const at = progressOf(track, now);
    const message = describeTrack(track, at);
    yield at.phase === 'failed' ? { type: 'warning', message } : { type: 'note', message };
  }
}

/** What counts as progress, as a text to compare: phases, votes, pods. */
function stateOf(all: readonly Followed[], now: number): string {
  return all.flatMap(({ tracks }) => tracks.map((track) => stateOfTrack(track, now))).join();
}

function stateOfTrack(track: Track, now: number): string {
  const { phase, message } = progressOf(track, now);
  return `${phase} ${track.record?.votesReceived ?? 0} ${phase === 'written' ? message : ''}`;
}
