import { formatDuration } from '../../../../duration.ts';
import { checksText } from '../../../../sentences.ts';
import type { Step } from '../../../../settings/steps.ts';

/** `10 % for 2m`, or `hold for 30m, with check smoke`. @param share what the weight is of, if not the users */
export function stepText(step: Step, share = step.kind === 'weight' ? `${step.weight} %` : ''): string {
  if (step.kind === 'hold')
    return step.holdMs === undefined ? 'hold' : `hold for ${formatDuration(step.holdMs)}${ownText(step)}`;
  return `${share}${timeText(step)}${ownText(step)}`;
}

/** A weight without a time is left as soon as it is in force. */
function timeText({ untilSure, holdMs }: Extract<Step, { kind: 'weight' }>): string {
  if (holdMs === 0) return '';
  return ` ${untilSure ? 'until sure, at most' : 'for'} ${formatDuration(holdMs)}`;
}

/** What a step has besides its weight and its time: `, with 5 failed requests at most and checks smoke and latency`. */
export function ownText(step: Step): string {
  const most = step.kind === 'weight' ? step.mostFailures : undefined;
  const own = [
    ...(most === undefined ? [] : [`${most} failed requests at most`]),
    ...(step.checks ? [checksText(step.checks)] : []),
  ];
  return own.length === 0 ? '' : `, with ${own.join(' and ')}`;
}
