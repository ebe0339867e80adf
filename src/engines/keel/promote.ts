import type { Clock } from '../../clock.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { isOurs } from './admin/withdraw.ts';
import { type Followed, runLoop } from './follow/loop.ts';
import { startTrack } from './follow/track.ts';
import { forecast } from './forecast/forecast.ts';
import { surveyOf } from './forecast/survey.ts';
import { checkBake, checkTakers, checkVisibility, forecastLines } from './preflight.ts';
import { afterUpdate } from './revert/after-update.ts';
import type { OutcomeOptions, Target } from './target.ts';
import type { Verdict } from './webhook/answer.ts';
import { planLines } from './webhook/describe.ts';
import { outcomeOf } from './webhook/outcome.ts';
import { type KeelPlan, type KeelRequest, secretsOf } from './webhook/requests.ts';
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
  for (const request of plan.requests) targets.push(yield* survey(request, options, clock, signal));
  const seen = targets.filter((target) => target.survey !== undefined);
  checkVisibility(targets, options);
  if (seen.length > 0)
    yield { type: 'plan', title: 'What Keel will do:', lines: seen.flatMap(forecastLines) };
  checkTakers(seen);
  await checkBake(seen, options);
  if (plan.dryRun) {
    yield { type: 'plan', title: 'This would be sent to Keel:', lines: planLines(plan) };
    return { kind: 'shown', reason: 'Nothing was sent: this was a dry run.', hints: [] };
  }
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
  const end = yield* runLoop(
    followed,
    { wait, timeoutMs, approveAs: approve ? voter : undefined, voter, onCancel, clock },
    signal,
  );
  if (sent.kind === 'promoted') {
    const baked = yield* afterUpdate(end, seen, options, clock, signal);
    return withUnseen(baked, targets);
  }
  const word = end.kind === 'stuck' ? 'stuck' : 'aborted';
  return { ...end, kind: word, reason: `${sent.reason} ${end.reason}`, hints: [...sent.hints, ...end.hints] };
}

async function* survey(
  request: KeelRequest,
  { adminOf, cluster }: OutcomeOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Target> {
  const { host } = new URL(request.endpoint.url);
  const { named } = request;
  if (named === undefined) return { request, host, admin: undefined, survey: undefined, forecasts: [] };
  const admin = adminOf(request);
  const found = yield* surveyOf(admin, cluster, clock, signal);
  const usable = found?.approvals === undefined ? undefined : admin;
  if (usable !== undefined && (await usable.isOpen())) {
    yield {
      type: 'warning',
      message: `${host}: its webhook accepts requests without credentials; set AUTHENTICATED_WEBHOOKS=true in Keel`,
    };
  }
  const forecasts =
    found === undefined
      ? []
      : forecast({ name: named.repository, tag: named.tag }, found.workloads, {
          approvals: found.approvals ?? [],
          keel: found.keel,
          now: clock.now(),
          isOurs,
        });
  if (found !== undefined && !found.isWhole && forecasts.length === 0) {
    yield {
      type: 'warning',
      message: `${host}: no workload that the credentials may list runs ${named.repository}, and they may not list every kind`,
    };
    return { request, host, admin: usable, survey: undefined, forecasts };
  }
  return { request, host, admin: usable, survey: found, forecasts };
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

/** Whether Keel needs the webhook: not if each workload runs the image or has an open approval for it. */
function needsSending({ survey: seen, forecasts }: Target): boolean {
  return seen === undefined || forecasts.some(({ takes }) => takes === 'yes' || takes === 'maybe');
}

/** The request, repeatable only if a second webhook does nothing under the policies of all its workloads. */
function repeatableOf({ request, survey: seen, forecasts }: Target): KeelRequest {
  if (seen === undefined) return request;
  return {
    ...request,
    repeatable: forecasts.filter(({ takes }) => takes !== 'no').every(({ repeatable }) => repeatable),
  };
}

function followedOf(
  target: Target,
  at: { wall: number; monotonic: number },
  { cluster }: OutcomeOptions,
  debug: boolean,
  deps: KeelDeps,
  signal: AbortSignal,
): Followed {
  const { request, host, admin, forecasts } = target;
  const { named } = request;
  const { name = '', tag = '', digest = '', repository = '' } = named ?? {};
  const sent = { name, tag, digest, repository, at: at.wall };
  return {
    host,
    admin,
    cluster,
    tracks: forecasts
      .filter(({ takes }) => takes !== 'no')
      .map((each) => startTrack(each, sent, at.monotonic)),
    refusing: forecasts.filter(({ takes }) => takes === 'no'),
    resent: false,
    seesApprovals: admin !== undefined,
    isReachable: true,
    async *resend() {
      yield* sendAndJudge(repeatableOf(target), debug, deps, signal);
    },
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
