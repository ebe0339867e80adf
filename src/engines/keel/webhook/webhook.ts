import type { Clock } from '../../../clock.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { Attempt, Verdict } from './answer.ts';
import { answerLines, planLines, requestLines } from './describe.ts';
import { outcomeOf } from './outcome.ts';
import { type KeelPlan, type KeelRequest, secretsOf } from './requests.ts';
import { SEND_LIMITS, type SendLimits, send } from './send.ts';
import { verdictOf } from './verdict.ts';

export interface KeelDeps {
  readonly clock: Clock;
  /** Masks these secrets of a plan in every report from then on. */
  readonly hide: (secrets: readonly string[]) => void;
  readonly limits?: SendLimits;
  /** See SendDeps.guard. */
  readonly guard?: AbortSignal;
}

/**
 * Sends the webhook to every address of the plan, one after the other, and judges each answer. As in
 * plugins/webhook, the step sends to the other addresses even if one refuses.
 *
 * @returns promoted: every address accepted it, and Keel reports no more than that; aborted: at least one
 * accepted it or may have; refused: none did
 */
export async function* sendWebhooks(
  plan: KeelPlan,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  deps.hide(secretsOf(plan));
  if (plan.dryRun) {
    yield { type: 'plan', title: 'This would be sent to Keel:', lines: planLines(plan) };
    return { kind: 'shown', reason: 'Nothing was sent: this was a dry run.', hints: [] };
  }
  const verdicts: Verdict[] = [];
  for (const request of plan.requests) {
    if (signal.aborted) break;
    verdicts.push(yield* sendAndJudge(request, plan.debug, deps, signal));
  }
  return outcomeOf(plan, verdicts);
}

/** Sends one request and judges the answer, with the events of both. */
export async function* sendAndJudge(
  request: KeelRequest,
  debug: boolean,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Verdict> {
  const url = request.endpoint.shown;
  if (debug) for (const message of requestLines(request)) yield { type: 'debug', message };
  const attempts = yield* sending(request, debug, deps, signal);
  const last = attempts.at(-1);
  if (last?.answer !== undefined) {
    yield {
      type: 'sent',
      url,
      status: last.answer.status,
      ms: Math.round(last.ms),
      message: request.image ?? '',
    };
    if (debug) for (const message of answerLines(last.answer, last.ms)) yield { type: 'debug', message };
  }
  const verdict = verdictOf(request, attempts);
  yield { type: 'answer', url, accepted: verdict.accepted, message: verdict.message };
  return verdict;
}

/** Sends a request, and reports each retry when it happens instead of afterwards. */
async function* sending(
  request: KeelRequest,
  debug: boolean,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Attempt[]> {
  const unreported: PromotionEvent[] = [];
  let wake: () => void = () => undefined;
  const onRetry = (attempt: Attempt, pauseMs: number) => {
    const reason = verdictOf(request, [attempt]).message.replace(', also after retries', '');
    if (debug && attempt.answer !== undefined) {
      unreported.push(
        ...answerLines(attempt.answer, attempt.ms).map((message) => ({ type: 'debug' as const, message })),
      );
    }
    unreported.push({
      type: 'warning',
      message: `${request.endpoint.shown}: ${reason}; trying again in ${pauseMs / 1000} s`,
    });
    wake();
  };
  const { clock, guard, limits = SEND_LIMITS } = deps;
  const sent = send(request, { clock, limits, onRetry, ...(guard === undefined ? {} : { guard }) }, signal);
  for (;;) {
    const woken = new Promise<undefined>((resolve) => {
      wake = () => resolve(undefined);
    });
    const attempts = unreported.length > 0 ? undefined : await Promise.race([sent, woken]);
    yield* unreported.splice(0);
    if (attempts !== undefined) return attempts;
  }
}
