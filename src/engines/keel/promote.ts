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
 * A promotion through Keel with an outcome: what every workload will do with the image is told, the webhook sent, its approvals and the
 * rollout followed to their end. An address of which nothing can be seen is sent to and judged by its answer, as without all this.
 *
 * @returns promoted: what was waited for has come; aborted: it will not, and production is as it was; refused: nothing was sent;
 * stuck: the image is written, and does not come up, or not everywhere
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

/** @param targets grows by one for each address */
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
    // it may have been taken: then the approvals and the workloads show whether it was, where they are waited for
    const isSeen = target.survey !== undefined && options.wait !== 'sent';
    const isUnsure = isSeen && verdict.taken === 'unknown';
    unsure ||= isUnsure;
    verdicts.push(isUnsure ? { ...verdict, accepted: true } : verdict);
    if (isSeen && verdict.taken !== 'no')
      followed.push(
        // a full queue answers late, and may have taken it only then
        followedOf(target, { wall: sentAt, monotonic: clock.monotonic() }, options, plan.debug, deps, signal),
      );
  }
  const sent = outcomeOf(plan, verdicts);
  if (followed.length === 0) return sent;
  // that it was approved says nothing of one that needs no approval and may not have come
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
      message: `${host}: its webhook is open to anybody who reaches it; set AUTHENTICATED_WEBHOOKS=true at Keel`,
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
      message: `${host}: nothing that may be seen in the cluster runs ${named.repository}, and not every kind of workload may be`,
    };
    return { request, host, admin: usable, survey: undefined, forecasts };
  }
  return { request, host, admin: usable, survey: found, forecasts };
}

/** What an outcome says of the promotion; the workload only if it is one. */
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

/** What runs the image, or has an open approval for it, needs no webhook. */
function needsSending({ survey: seen, forecasts }: Target): boolean {
  return seen === undefined || forecasts.some(({ takes }) => takes === 'yes' || takes === 'maybe');
}

/** Sent again after a lost connection only where all policies that it meets bear it. */
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

/** Addresses of which nothing could be seen are said to be sent to, not more. */
function withUnseen(end: Outcome, targets: readonly Target[]): Outcome {
  const unseen = targets.filter(({ survey: seen }) => seen === undefined).map(({ host }) => host);
  if (unseen.length === 0) return end;
  return {
    ...end,
    reason: `${end.reason} ${unseen.join(', ')} took the webhook; what becomes of it is not seen from here.`,
  };
}
