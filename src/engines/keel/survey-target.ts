import type { Clock } from '../../clock.ts';
import type { PromotionEvent } from '../../events.ts';
import { isOurs } from './admin/withdraw.ts';
import type { Followed } from './follow/loop.ts';
import { startTrack } from './follow/track.ts';
import { forecast } from './forecast/forecast.ts';
import { surveyOf } from './forecast/survey.ts';
import type { OutcomeOptions, Target } from './target.ts';
import type { KeelRequest } from './webhook/requests.ts';
import { type KeelDeps, sendAndJudge } from './webhook/webhook.ts';

/** Reads the state of the Keel at an address, and forecasts what the webhook will do there. */
export async function* surveyTarget(
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

/** Whether Keel needs the webhook: not if each workload runs the image or has an open approval for it. */
export function needsSending({ survey: seen, forecasts }: Target): boolean {
  return seen === undefined || forecasts.some(({ takes }) => takes === 'yes' || takes === 'maybe');
}

/** The request, repeatable only if a second webhook does nothing under the policies of all its workloads. */
export function repeatableOf({ request, survey: seen, forecasts }: Target): KeelRequest {
  if (seen === undefined) return request;
  return {
    ...request,
    repeatable: forecasts.filter(({ takes }) => takes !== 'no').every(({ repeatable }) => repeatable),
  };
}

/** What the follow loop needs of a target whose webhook was sent. @param at when */
export function followedOf(
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
