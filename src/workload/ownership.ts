import type { Deployment } from 'kubernetes-types/apps/v1';
import type { KubeObject } from '../cluster/resource.ts';

/**
 * A tool that keeps an object in the state that is declared elsewhere, and so reverts changes by this
 * program.
 */
export interface Owner {
  tool: 'Argo CD' | 'Flux' | 'Helm';
  /** The label or annotation that names the tool. */
  key: string;
  /** Its value; for Helm, the name of the release. */
  value: string;
}

/** Prefixes of the labels and annotations by which a tool marks its objects. */
const MARKS: readonly [tool: Owner['tool'], prefixes: readonly string[]][] = [
  ['Argo CD', ['argocd.argoproj.io/']],
  ['Flux', ['kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/']],
  ['Helm', ['meta.helm.sh/']],
];

/** The annotation in which Helm names the release. */
const HELM_RELEASE = 'meta.helm.sh/release-name';

/** The tools that own an object, by its labels and annotations: at most one entry a tool, Git before Helm. */
export function ownersOf({ metadata }: KubeObject): Owner[] {
  const marks = { ...metadata?.annotations, ...metadata?.labels };
  const keys = Object.keys(marks).sort((a, b) => Number(b === HELM_RELEASE) - Number(a === HELM_RELEASE));
  return MARKS.flatMap(([tool, prefixes]) => {
    const key = keys.find((each) => prefixes.some((prefix) => each.startsWith(prefix)));
    return key === undefined ? [] : [{ tool, key, value: marks[key] ?? '' }];
  });
}

/** Further labels and annotations that belong to one object only, by prefix or by full name. */
const OWN =
  /^(fluxcd\.io\/|helm\.sh\/|kubectl\.kubernetes\.io\/last-applied-configuration$|deployment\.kubernetes\.io\/|kubernetes\.io\/change-cause$|app\.kubernetes\.io\/(managed-by|instance)$|keel\.sh\/|addonmanager\.kubernetes\.io\/)|^[a-z.]*(cattle\.io|kapp\.k14s\.io|skaffold\.dev|werf\.io|configmanagement\.gke\.io|configsync\.gke\.io|applyset\.kubernetes\.io|pulumi\.com)\//;

/**
 * The labels of a workload that a copy of it may have: those that its pods have too, without the marks of
 * tools. What only the workload has may be anybody's mark, such as the instance label of an Argo CD with its
 * own `application.instanceLabelKey`.
 */
export function sharedLabels({ metadata, spec }: Deployment): Record<string, string> {
  const ofPods = spec?.template.metadata?.labels ?? {};
  const shared = Object.entries(metadata?.labels ?? {}).filter(([key, value]) => ofPods[key] === value);
  return withoutTracking(Object.fromEntries(shared));
}

/**
 * Removes the labels and annotations by which tools recognise their own objects. With them, a tool would
 * delete a copy or adopt it: Argo CD prunes objects that carry its label but are not in Git, and so do Flux
 * and Helm.
 */
export function withoutTracking(from: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const isMark = (key: string) =>
    OWN.test(key) || MARKS.some(([, prefixes]) => prefixes.some((prefix) => key.startsWith(prefix)));
  return Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => !isMark(key)));
}
