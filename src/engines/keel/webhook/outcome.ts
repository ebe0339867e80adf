import type { Outcome } from '../../../outcome.ts';
import type { Verdict } from './answer.ts';
import type { KeelPlan } from './requests.ts';

const QUEUED = 'Keel does not report the result';

/**
 * The outcome of a promotion by the verdicts on its requests, in their order. There are fewer verdicts than
 * requests if the step was cancelled.
 */
export function outcomeOf(plan: KeelPlan, verdicts: readonly Verdict[]): Outcome {
  const { requests } = plan;
  const named = requests[0]?.image;
  const image = named === undefined ? {} : { image: named, to: named };
  const hosts = requests.map(({ endpoint }) => new URL(endpoint.url).host);
  const acceptedBy = hosts.filter((_, index) => verdicts[index]?.accepted);
  if (acceptedBy.length === requests.length) {
    const who = requests.length === 1 ? 'Keel' : `All ${requests.length} Keels`;
    return {
      kind: 'promoted',
      reason: `${who} accepted the webhook (queued). ${QUEUED}.`,
      hints: [],
      ...image,
    };
  }
  const faults = verdicts.filter(({ accepted }) => !accepted);
  const hints = [...new Set(faults.flatMap(({ hint }) => hint ?? []))].map(sentence);
  const first = faults[0];
  const code = first?.code === undefined ? {} : { code: first.code };
  const failure =
    first === undefined
      ? 'the step was cancelled'
      : `${hosts[verdicts.indexOf(first)]} ${first.message}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`;
  if (acceptedBy.length > 0) {
    const reason = `Only ${acceptedBy.join(', ')} accepted the webhook (queued), not all ${requests.length}: ${failure}.`;
    return { kind: 'aborted', reason, hints, ...code, ...image };
  }
  if (faults.some(({ taken }) => taken === 'unknown')) {
    return {
      kind: 'aborted',
      reason: `It is unknown whether Keel accepted the webhook: ${failure}.`,
      hints,
      ...code,
      ...image,
    };
  }
  return {
    kind: 'refused',
    reason: `Keel did not accept the webhook: ${failure}.`,
    hints,
    ...code,
    ...image,
  };
}

/** The outcome of an update that this step did not watch, with the reason. @param why by default, it sees no cluster */
export function unwatchedOutcome(
  outcome: Outcome,
  why = 'this step does not read the cluster (`kubeconfig`)',
): Outcome {
  if (outcome.kind !== 'promoted') return outcome;
  const unwatched = `It was unwatched: nothing would have noticed a bad release, because ${why}.`;
  return { ...outcome, reason: `${outcome.reason} ${unwatched}`, watched: [] };
}

function sentence(hint: string): string {
  return `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`;
}
