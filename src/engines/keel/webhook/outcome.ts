import type { Outcome } from '../../../outcome.ts';
import type { Verdict } from './answer.ts';
import type { KeelPlan } from './requests.ts';

const QUEUED = 'what becomes of it Keel does not say';

/** The end of a promotion by the verdicts on its requests, in their order; fewer verdicts than requests when it was stopped. */
export function outcomeOf(plan: KeelPlan, verdicts: readonly Verdict[]): Outcome {
  const { requests } = plan;
  const named = requests[0]?.image;
  const image = named === undefined ? {} : { image: named, to: named };
  const hosts = requests.map(({ endpoint }) => new URL(endpoint.url).host);
  const toldTo = hosts.filter((_, index) => verdicts[index]?.accepted);
  if (toldTo.length === requests.length) {
    const who = requests.length === 1 ? 'Keel' : `All ${requests.length} Keels`;
    return { kind: 'promoted', reason: `${who} took the webhook (queued); ${QUEUED}.`, hints: [], ...image };
  }
  const faults = verdicts.filter(({ accepted }) => !accepted);
  const hints = [...new Set(faults.flatMap(({ hint }) => hint ?? []))].map(sentence);
  const first = faults[0];
  const code = first?.code === undefined ? {} : { code: first.code };
  const why =
    first === undefined
      ? 'the step was told to stop'
      : `${hosts[verdicts.indexOf(first)]} ${first.message}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`;
  if (toldTo.length > 0) {
    const reason = `Only ${toldTo.join(', ')} took the webhook (queued), not all ${requests.length}: ${why}.`;
    return { kind: 'aborted', reason, hints, ...code, ...image };
  }
  if (faults.some(({ taken }) => taken === 'unknown')) {
    return {
      kind: 'aborted',
      reason: `It is not known whether Keel took the webhook: ${why}.`,
      hints,
      ...code,
      ...image,
    };
  }
  return { kind: 'refused', reason: `Keel did not take the webhook: ${why}.`, hints, ...code, ...image };
}

function sentence(hint: string): string {
  return `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`;
}
