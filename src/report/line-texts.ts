import type { HoldingEvent, PromotionEvent, StageEvent } from '../events.ts';
import { checksText } from '../sentences.ts';

/** `10 % of the users on the canary, as 1 of 5 pods, by Service/web` */
export function weightText({
  weight,
  weightOf,
  routes,
  pods,
}: Extract<PromotionEvent, { type: 'weight' }>): string {
  if (weightOf === 'pods') return `${weight} % of the pods run the release`;
  const share = pods ? `, as ${pods.canary} of ${pods.total} pods` : '';
  return `${weight} % of the users on the canary${share}, by ${routes.join(', ')}`;
}

/** What a state is held for. */
export function holdingText({ reason, stage, weight }: HoldingEvent): string {
  switch (reason) {
    case 'step':
      return `at ${stage}`;
    case 'first-contact':
      return `${weight} % of the users meet the canary first`;
    case 'mirror':
      return `${stage}: requests are copied, no user is on the canary`;
    case 'without-users':
      return 'without users';
    case 'drain-baseline':
      return 'draining: the last requests on the baseline end';
    case 'drain-canary':
      return 'draining: the last requests on the canary end';
    case 'settle':
      return 'settling: the router applies the change';
    case 'bake':
      return 'judged while it serves all users';
    case 'recovery':
      return 'until the cluster’s controllers follow the API server again';
  }
}

/** `50 % (4 of 9), with check smoke` */
export function stageText({ name, index, count, checks }: StageEvent): string {
  const own = checks === undefined ? '' : `, with ${checksText(checks)}`;
  return `${name} (${index + 1} of ${count})${own}`;
}
