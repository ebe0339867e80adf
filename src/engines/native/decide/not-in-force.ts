import { thousands } from '../../../numbers.ts';
import { shareText } from '../../../sentences.ts';
import type { Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';

/** What is seen while the requests do not follow the weight. */
export interface NotInForce {
  /** `10 %` */
  stage: string;
  weight: number;
  /** Requests of the last polls: those on the canary, and all. */
  canary: number;
  total: number;
  /** The stable Services and the canary's, with the number of their ready addresses. */
  stableReady: Readonly<Record<string, number>>;
  canaryReady: Readonly<Record<string, number>>;
  /** Other objects that may decide where the users go, as sentences. */
  rivals: readonly string[];
  /** Why stable needs a ready pod at every weight; undefined if it needs none. */
  needsStablePods: string | undefined;
  /** Commands that show what the router has of the split. */
  commands: readonly string[];
  namespace: string;
}

/** Why the requests do not follow the weight, and what to do. */
export interface Diagnosis {
  reason: string;
  hints: readonly string[];
}

/**
 * Tells from what is seen why a weight is not in force. The causes that explain everything come first: without
 * a ready pod of stable, for example, it does not matter what else is there. Pure.
 */
export function diagnose(seen: NotInForce): Diagnosis {
  const { stage, weight, canary, total } = seen;
  const { why, hints } =
    noStablePods(seen) ?? noCanaryPods(seen) ?? anotherRoute(seen) ?? unknownCanary(seen) ?? otherShare(seen);
  return {
    reason: `The weight of ${stage} is not in force: ${shareText(canary, total)}, where about ${thousands(Math.round((weight * total) / 100))} were expected. ${why}`,
    hints,
  };
}

/** What is seen of a situation. @param share the requests of the last polls */
export function seenOf(
  { record, stage, snapshot, router }: Situation,
  share: { canary: number; total: number },
): NotInForce {
  const { plan } = record;
  const split = splitOf(plan);
  const canaries = plan.services.map((each) => each.canary);
  return {
    stage: stage.name,
    weight: typeof stage.weight === 'number' ? stage.weight : 0,
    ...share,
    stableReady: snapshot.stableReady,
    canaryReady: Object.fromEntries(canaries.map((name) => [name, snapshot.ready[name] ?? 0])),
    rivals: router.rivals?.(split, snapshot.neighbours ?? snapshot.routes) ?? [],
    needsStablePods: router.needsStablePods,
    commands: router.inspectCommands?.(split) ?? [],
    namespace: plan.namespace,
  };
}

interface Cause {
  why: string;
  hints: readonly string[];
}

function noStablePods({ stableReady, needsStablePods, namespace }: NotInForce): Cause | undefined {
  const service = emptyOf(stableReady);
  if (service === undefined || needsStablePods === undefined) return undefined;
  return {
    why: `Service/${service} of the stable version has no ready pod. ${needsStablePods}`,
    hints: [`Look: kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${service}`],
  };
}

function noCanaryPods({ canaryReady, namespace }: NotInForce): Cause | undefined {
  const service = emptyOf(canaryReady);
  if (service === undefined) return undefined;
  return {
    why: `Service/${service} has no ready pod, so that the router keeps its users on stable.`,
    hints: [`Look: kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${service}`],
  };
}

function anotherRoute({ rivals, namespace }: NotInForce): Cause | undefined {
  if (rivals.length === 0) return undefined;
  return {
    why: rivals.join(' '),
    hints: [`Remove it, or promote after its owner is done: kubectl -n ${namespace} get ingress`],
  };
}

/** The canary's pods are ready, and nobody comes. */
function unknownCanary({ canary, commands }: NotInForce): Cause | undefined {
  if (canary > 0) return undefined;
  return {
    why: 'Its pods are ready, and the router sends nobody to them: it does not know the canary, or another router or another namespace has the same host and path.',
    hints: commands.map((command) => `Look: ${command}`),
  };
}

function otherShare({ weight, canary, total, commands }: NotInForce): Cause {
  const isMore = canary * 100 > weight * total;
  return {
    why: isMore
      ? 'A header or a cookie of the users sends more of them to the canary than the weight says.'
      : 'A header or a cookie of the users keeps them on stable, or not every replica of the router has the weight.',
    hints: commands.map((command) => `Look: ${command}`),
  };
}

function emptyOf(ready: Readonly<Record<string, number>>): string | undefined {
  return Object.entries(ready).find(([, addresses]) => addresses === 0)?.[0];
}
