import type { NetworkPolicy, NetworkPolicyPeer } from 'kubernetes-types/networking/v1';
import { ownLabels, type SplitLabel } from '../canary-copy.ts';
import { knowsOnlyStable, selectorMatches, withValues } from '../selectors/label-selector.ts';

/** The label that each namespace has by itself, with its name (kubernetes.io/docs, "Automatic labelling"). */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Pods of stable, and the values of the split label that the pods beside them get. */
export interface Divided {
  namespace: string;
  /** The labels of stable's pods. */
  pods: Readonly<Record<string, string>>;
  label: SplitLabel;
  values: readonly string[];
}

/** Whether a policy selects stable's pods, or names them as a peer, and not the others. */
export function knowsStable({ metadata, spec }: NetworkPolicy, divided: Divided): boolean {
  const { namespace, pods, label, values } = divided;
  const isOwn = metadata?.namespace === namespace;
  const selects =
    isOwn && values.some((value) => knowsOnlyStable(spec?.podSelector ?? {}, pods, label, value));
  return selects || peersOf(spec).some((peer) => isStablePeer(peer, isOwn, divided) !== 'no');
}

/**
 * Whether a policy of another namespace names stable's pods as a peer, and not the others. `perhaps`: it
 * chooses namespaces by labels that are not known here.
 */
export function namesStable({ spec }: NetworkPolicy, divided: Divided): 'yes' | 'perhaps' | 'no' {
  const answers = peersOf(spec).map((peer) => isStablePeer(peer, false, divided));
  return answers.find((each) => each === 'yes') ?? answers.find((each) => each === 'perhaps') ?? 'no';
}

/**
 * The policies that isolate the others in a direction in which nothing isolates stable's pods: no policy can be
 * added that undoes this. If something isolates stable too, its copy gives the others what stable has.
 */
export function isolatingOthers(
  policies: readonly NetworkPolicy[],
  { pods, label, values }: Divided,
): NetworkPolicy[] {
  const selects = ({ spec }: NetworkPolicy, labels: Divided['pods']) =>
    selectorMatches(spec?.podSelector ?? {}, labels);
  const ofStable = new Set(policies.filter((each) => selects(each, pods)).flatMap(directionsOf));
  return policies.filter(
    (each) =>
      !selects(each, pods) &&
      values.some((value) => selects(each, { ...pods, [label.key]: value })) &&
      directionsOf(each).some((direction) => !ofStable.has(direction)),
  );
}

/** In which directions a policy isolates; without types, as the API server fills them in. */
function directionsOf({ spec }: NetworkPolicy): readonly string[] {
  return spec?.policyTypes ?? ['Ingress', ...(spec?.egress ? ['Egress'] : [])];
}

/**
 * The policy once more, with the others wherever it has stable's pods: as what it selects, and as a peer. The
 * policies of a pod add up, so that the copy takes nothing from stable and its peers, and gives the others
 * what stable has.
 */
export function policyCopy(
  { metadata, spec }: NetworkPolicy,
  name: string,
  workload: string,
  label: SplitLabel,
  values: readonly string[],
): NetworkPolicy {
  const peer = (each: NetworkPolicyPeer): NetworkPolicyPeer =>
    each.podSelector ? { ...each, podSelector: withValues(each.podSelector, label, values) } : each;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name,
      ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: ownLabels(workload),
    },
    spec: {
      ...spec,
      podSelector: withValues(spec?.podSelector ?? {}, label, values),
      ...(spec?.ingress
        ? { ingress: spec.ingress.map((rule) => (rule.from ? { ...rule, from: rule.from.map(peer) } : rule)) }
        : {}),
      ...(spec?.egress
        ? { egress: spec.egress.map((rule) => (rule.to ? { ...rule, to: rule.to.map(peer) } : rule)) }
        : {}),
    },
  };
}

function peersOf(spec: NetworkPolicy['spec']): NetworkPolicyPeer[] {
  return [
    ...(spec?.ingress ?? []).flatMap(({ from = [] }) => from),
    ...(spec?.egress ?? []).flatMap(({ to = [] }) => to),
  ];
}

function isStablePeer(
  { namespaceSelector, podSelector }: NetworkPolicyPeer,
  isOwn: boolean,
  { namespace, pods, label, values }: Divided,
): 'yes' | 'perhaps' | 'no' {
  if (!podSelector || !values.some((value) => knowsOnlyStable(podSelector, pods, label, value))) return 'no';
  if (!namespaceSelector) return isOwn ? 'yes' : 'no';
  const { matchLabels = {}, matchExpressions = [] } = namespaceSelector;
  const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
  // labels that people give to a namespace are not read
  const known = {
    matchLabels:
      matchLabels[NAMESPACE_NAME] === undefined ? {} : { [NAMESPACE_NAME]: matchLabels[NAMESPACE_NAME] },
    matchExpressions: matchExpressions.filter(({ key }) => key === NAMESPACE_NAME),
  };
  if (!selectorMatches(known, { [NAMESPACE_NAME]: namespace })) return 'no';
  return keys.every((key) => key === NAMESPACE_NAME) ? 'yes' : 'perhaps';
}
