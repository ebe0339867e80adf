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
  /** Is told what a plan has of secrets: they are masked in every report from then on. */
  readonly hide: (secrets: readonly string[]) => void;
  readonly limits?: SendLimits;
  /** See SendDeps.guard. */
  readonly guard?: AbortSignal;
}

/**
 * Sends the webhook to every address of the plan, one after the other, and judges each answer. An address that refuses does not keep
 * the others from being told, as in plugins/webhook.
 *
 * @returns promoted: every address took it, which is all that Keel says; aborted: at least one took it or may have; refused: none did
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

/** Sends, and tells of every retry when it happens, not afterwards. */
async function* sending(
  request: KeelRequest,
  debug: boolean,
  deps: KeelDeps,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Attempt[]> {
  const untold: PromotionEvent[] = [];
  let wake: () => void = () => undefined;
  const onRetry = (attempt: Attempt, pauseMs: number) => {
    const why = verdictOf(request, [attempt]).message.replace(', also when asked again', '');
    if (debug && attempt.answer !== undefined) {
      untold.push(
        ...answerLines(attempt.answer, attempt.ms).map((message) => ({ type: 'debug' as const, message })),
      );
    }
    untold.push({
      type: 'warning',
      message: `${request.endpoint.shown}: ${why}; trying again in ${pauseMs / 1000} s`,
    });
    wake();
  };
  const { clock, guard, limits = SEND_LIMITS } = deps;
  const sent = send(request, { clock, limits, onRetry, ...(guard === undefined ? {} : { guard }) }, signal);
  for (;;) {
    const woken = new Promise<undefined>((resolve) => {
      wake = () => resolve(undefined);
    });
    const attempts = untold.length > 0 ? undefined : await Promise.race([sent, woken]);
    yield* untold.splice(0);
    if (attempts !== undefined) return attempts;
  }
}
