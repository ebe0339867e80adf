import { formatDuration } from '../../../duration.ts';
import type { Outcome } from '../../../outcome.ts';
import { abortTo, promoteAgainTo, THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { describeVotes } from '../admin/approval.ts';
import { sidecarsOf } from '../forecast/forecast.ts';
import { type Bounds, type Following, isFinal, type Wait } from './following.ts';
import { isByKeel, type Progress, progressOf, votersOf } from './progress.ts';
import type { Track } from './track.ts';

/** Describes the progress of one workload in a line. */
export function describeTrack(track: Track, at: Progress): string {
  const { identifier } = track.forecast.workload;
  if (at.phase === 'ready') {
    const by =
      track.forecast.takes === 'already' || isByKeel(track)
        ? ''
        : ', but its change-cause does not show that Keel wrote it';
    return `${identifier} runs ${track.sent.tag}: ${at.message}${by}`;
  }
  return `${identifier}: ${at.message}`;
}

/** Describes a workload that the step waits for. */
export function waitingFor(track: Track, at: Progress, wall: number): string {
  const { identifier } = track.forecast.workload;
  if (at.phase === 'voting' && track.record !== undefined) {
    return `${identifier}: ${describeVotes(track.record, wall)}`;
  }
  return `${identifier}: ${at.message}`;
}

/** The outcome, by the progress of each workload. */
export function endOf(followings: readonly Following[], { wait, now, wall, timeoutMs }: Bounds): Outcome {
  const all = followings.flatMap(({ tracks }) =>
    tracks.map((track) => ({ track, at: progressOf(track, now) })),
  );
  const refusing = followings.flatMap((each) => each.refusing);
  const { sent } = all[0]?.track ?? {};
  const image = sent === undefined ? {} : { image: `${sent.repository}:${sent.tag}` };
  const not = refusing.map(({ workload, message }) => `; not ${workload.identifier}: ${message}`).join('');
  const good = all.filter(({ track, at }) => at.phase !== 'failed' && isFinal(track, at, wait));
  const bad = all.filter((each) => !good.includes(each));
  if (bad.length === 0) {
    return {
      kind: 'promoted',
      reason: `${good.map(({ track, at }) => success(track, at, wait)).join('; ')}${not}.`,
      hints: [],
      ...image,
    };
  }
  // with `wait: approved` or `sent`, Keel writes the image even if it has not done so yet
  const isUnderWay = ({ track, at }: (typeof all)[number]) =>
    wait !== 'updated' && at.phase !== 'failed' && at.phase !== 'ready' && isFinal(track, at, wait);
  const changed = all.filter(
    (each) => isChanged(each.track, each.at) || isBrokenRollout(each.at) || isUnderWay(each),
  );
  const reasons = bad.map(
    ({ track, at }) =>
      `${waitingFor(track, at, wall)}${at.phase === 'failed' ? '' : ` (gave up after ${formatDuration(timeoutMs)} without progress)`}`,
  );
  const rest =
    good.length === 0 ? '' : `; but ${good.map(({ track, at }) => success(track, at, wait)).join('; ')}`;
  const reason = `${reasons.join('; ')}${rest}${not}.`;
  const hints = [...new Set(bad.map(({ track, at }) => hintOf(track, at)))];
  if (changed.length > 0) {
    return {
      kind: 'stuck',
      reason,
      hints: [
        ...hints,
        'Keel never rolls back. Check the workloads, then promote a fixed release or the previous one.',
      ],
      ...image,
    };
  }
  return { kind: 'aborted', reason, hints, ...image };
}

/** Whether this promotion changed the workload. A workload that ran the image before is unchanged. */
export function isChanged({ forecast }: Track, at: Progress): boolean {
  return at.phase === 'written' || (at.phase === 'ready' && forecast.takes !== 'already');
}

function isBrokenRollout(at: Progress): boolean {
  return at.phase === 'failed' && at.end === 'rollout';
}

function success(track: Track, at: Progress, wait: Wait): string {
  const { identifier } = track.forecast.workload;
  if (wait === 'updated' || at.phase === 'ready') return describeTrack(track, at);
  if (track.forecast.takes === 'already') return `${identifier} has ${track.sent.tag}`;
  return track.forecast.votes === 0
    ? `${identifier}: sent; it needs no approval`
    : `${identifier}: approved by ${votersOf(track.record)}`;
}

function hintOf({ record, sent, forecast }: Track, at: Progress): string {
  const { identifier } = forecast.workload;
  switch (at.phase) {
    case 'voting':
      return `The approval stays open${record === undefined ? '' : ` (${record.id})`}, and votes still deploy it. ${promoteAgainTo('keep waiting')} ${abortTo('withdraw it')}`;
    case 'approved':
      return `It is approved, but Keel did not carry it out. ${promoteAgainTo('make Keel write it without a new vote')}`;
    case 'queued':
      if (sidecarsOf(forecast.workload).length > 0)
        return `Check the log of Keel: a Keel that drops the \`restartPolicy\` of native sidecars cannot write ${identifier}. Update Keel, or make the sidecar a plain container.`;
      return `Check the log of Keel: it accepted the webhook, but did not act on ${identifier}. Keel loses a webhook while it starts, and an update if another writer changes the workload at the same time.`;
    case 'failed':
      break;
    default:
      return `Check the pods: kubectl -n ${forecast.workload.namespace} describe ${forecast.workload.kind} ${forecast.workload.name}`;
  }
  switch (at.end) {
    case 'rejected':
      return `${sent.tag} stays blocked in Keel until that approval (${record?.id ?? identifier}) is archived. ${abortTo('archive it')}`;
    case 'swallowed':
      return `Archive that approval in Keel. ${THEN_PROMOTE_AGAIN}`;
    case 'rollout':
      return `Check the pods: kubectl -n ${forecast.workload.namespace} describe ${forecast.workload.kind} ${forecast.workload.name}`;
    case 'lost':
      return `Give Keel's store a persistent volume (persistence in its chart). ${THEN_PROMOTE_AGAIN}`;
    case 'superseded':
      return 'Another person or tool changed the workload in the meantime.';
    default:
      return promoteAgainTo('ask for a new approval');
  }
}
