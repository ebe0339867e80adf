import type { Clock } from '../../clock.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { type Followed, runLoop } from './follow/loop.ts';
import type { Track } from './follow/track.ts';
import { checkBake, checkTakers, checkVisibility, forecastLines } from './preflight.ts';
import { afterUpdate, isUpdated } from './revert/after-update.ts';
import { followedOf, needsSending, repeatableOf, surveyTarget } from './survey-target.ts';
import type { OutcomeOptions, Target } from './target.ts';
import { startUpdateWatch, type UpdateWatch } from './watch/update-watch.ts';
import type { Verdict } from './webhook/answer.ts';
import { planLines } from './webhook/describe.ts';
import { outcomeOf, unwatchedOutcome } from './webhook/outcome.ts';
import { type KeelPlan, secretsOf } from './webhook/requests.ts';
import { accepted } from './webhook/verdict.ts';
import { type KeelDeps, sendAndJudge } from './webhook/webhook.ts';

/**
 * Promotes through Keel and follows the result: it reports what Keel will do with each workload, sends the
 * webhook, and follows the approvals and the rollout to their end. If the step can see nothing at an address,
 * it only judges the answer to the webhook.
 *
 * @returns promoted: the promotion reached what `wait` asks for; aborted: it will not, and production is as
 * it was; refused: nothing was sent; stuck: the image is written, but its pods do not start, or only some
 * workloads have it
 * @throws PromoteError `keel-admin`, `keel-takers`: nothing was sent
 */
export async function* promoteAndFollow(
  plan: KeelPlan,
  options: OutcomeOptions,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  deps.hide(secretsOf(plan));
  const targets: Target[] = [];
  const outcome = yield* forecastSendFollow(plan, targets, options, deps, signal);
  return { ...subjectOfOutcome(plan, targets), ...outcome };
}

/** Forecasts, sends and follows. @param targets gets one more element for each address */
async function* forecastSendFollow(
  plan: KeelPlan,
  targets: Target[],
  options: OutcomeOptions,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { clock } = deps;
  for (const request of plan.requests) targets.push(yield* surveyTarget(request, options, clock, signal));
  const seen = targets.filter((target) => target.survey !== undefined);
  checkVisibility(targets, options);
  if (seen.length > 0)
    yield { type: 'plan', title: 'What Keel will do:', lines: seen.flatMap(forecastLines) };
  checkTakers(seen);
  const watch = yield* watchBefore(seen, options, clock, signal);
  try {
    if (plan.dryRun) {
      yield { type: 'plan', title: 'This would be sent to Keel:', lines: planLines(plan) };
      return { kind: 'shown', reason: 'Nothing was sent: this was a dry run.', hints: [] };
    }
    if (watch) yield* watch.gatherHistory(signal);
    const outcome = yield* sendAndFollow(plan, targets, watch, options, deps, signal);
    return watch ? outcome : withoutWatch(outcome, targets, options);
  } finally {
    watch?.stop();
  }
}

/** Checks and proves what will watch the update; undefined if the step does not follow it in the cluster. */
async function* watchBefore(
  seen: readonly Target[],
  { cluster, wait, watch }: OutcomeOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, UpdateWatch | undefined> {
  if (!cluster || (wait !== undefined && wait !== 'updated')) return undefined;
  const updated = seen
    .flatMap(({ forecasts }) => forecasts)
    .filter(isUpdated)
    .map(({ workload }) => workload)
    .filter(({ source }) => source === 'cluster');
  if (updated.length === 0) return undefined;
  const flags = `--urls ${seen[0]?.request.endpoint.shown} --namespace ${cluster.namespace}`;
  for (const message of await checkBake(updated, cluster, watch, flags)) yield { type: 'warning', message };
  return yield* startUpdateWatch(updated, cluster, watch, flags, { clock, signal });
}

/** The outcome without a watch. If every workload ran the image before, there was nothing to watch. */
function withoutWatch(
  outcome: Outcome,
  targets: readonly Target[],
  { cluster, wait }: OutcomeOptions,
): Outcome {
  const isSettled = targets.every((each) => each.survey && !each.forecasts.some(isUpdated));
  if (isSettled) return outcome;
  if (!cluster) return unwatchedOutcome(outcome);
  const doesWait = wait === undefined || wait === 'updated';
  return unwatchedOutcome(
    outcome,
    doesWait ? `it is not in namespace ${cluster.namespace}` : `\`wait: ${wait}\` does not wait for it`,
  );
}

/** Sends the webhooks, and follows those that it can see. */
async function* sendAndFollow(
  plan: KeelPlan,
  targets: readonly Target[],
  watch: UpdateWatch | undefined,
  options: OutcomeOptions,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { clock } = deps;
  const followed: Followed[] = [];
  const verdicts: Verdict[] = [];
  let unsure = false;
  for (const target of targets) {
    if (signal.aborted) break;
    const sentAt = clock.now();
    const verdict = needsSending(target)
      ? yield* sendAndJudge(repeatableOf(target), plan.debug, deps, signal)
      : accepted('');
    // if Keel may have accepted it, the approvals and workloads show whether it did, unless `wait` is `sent`
    const isSeen = target.survey !== undefined && options.wait !== 'sent';
    const isUnsure = isSeen && verdict.taken === 'unknown';
    unsure ||= isUnsure;
    verdicts.push(isUnsure ? { ...verdict, accepted: true } : verdict);
    if (isSeen && verdict.taken !== 'no')
      followed.push(
        // Keel answers late if its queue is full, and may have queued it only then
        followedOf(target, { wall: sentAt, monotonic: clock.monotonic() }, options, plan.debug, deps, signal),
      );
  }
  const sent = outcomeOf(plan, verdicts);
  if (followed.length === 0) return sent;
  // `approved` shows nothing about a workload that needs no approval, whose webhook may be lost
  const wait = unsure ? 'updated' : (options.wait ?? 'updated');
  const { timeoutMs, approve, voter, onCancel } = options;
  const looked = (tracks: readonly Track[]) => watch?.look(tracks) ?? Promise.resolve();
  const end = yield* runLoop(
    followed,
    { wait, timeoutMs, approveAs: approve ? voter : undefined, voter, onCancel, clock, looked },
    signal,
  );
  if (sent.kind === 'promoted') {
    const seen = targets.filter((target) => target.survey !== undefined);
    const baked = yield* afterUpdate(end, seen, watch, options, clock, signal);
    return withUnseen(baked, targets);
  }
  const word = end.kind === 'stuck' ? 'stuck' : 'aborted';
  return { ...end, kind: word, reason: `${sent.reason} ${end.reason}`, hints: [...sent.hints, ...end.hints] };
}

/** The fields of the outcome that name the promotion. It names the workload only if there is exactly one. */
function subjectOfOutcome(
  { requests }: KeelPlan,
  targets: readonly Target[],
): Pick<Outcome, 'workload' | 'namespace' | 'from' | 'to'> {
  const to = requests[0]?.image;
  const taking = targets.flatMap(({ forecasts }) => forecasts).filter(({ takes }) => takes !== 'no');
  const [only, ...more] = taking;
  const images = [...new Set(only?.containers.map(({ image }) => image))];
  return {
    ...(to === undefined ? {} : { to }),
    ...(only && more.length === 0
      ? {
          workload: `${only.workload.kind}/${only.workload.name}`,
          namespace: only.workload.namespace,
          ...(images.length === 1 && images[0] !== undefined ? { from: images[0] } : {}),
        }
      : {}),
  };
}

/** Adds the addresses where the step saw only the answer to the webhook. */
function withUnseen(end: Outcome, targets: readonly Target[]): Outcome {
  const unseen = targets.filter(({ survey: seen }) => seen === undefined).map(({ host }) => host);
  if (unseen.length === 0) return end;
  return {
    ...end,
    reason: `${end.reason} ${unseen.join(', ')} accepted the webhook; this step cannot see the result there.`,
  };
}
