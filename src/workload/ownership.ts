import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ManagedFieldsEntry } from 'kubernetes-types/meta/v1';
import type { KubeObject } from '../cluster/resource.ts';

/**
 * A tool that keeps an object in the state that is declared elsewhere, and so reverts changes by this
 * program.
 */
export interface Owner {
  tool: 'Argo CD' | 'Flux' | 'Rancher Fleet' | 'Config Sync' | 'kapp' | 'Pulumi' | 'Terraform' | 'Helm';
  /** The label or annotation that names the tool, or the field manager by which it writes. */
  key: string;
  /** Its value; for Helm, the name of the release. */
  value: string;
}

/** Prefixes of the labels and annotations by which a tool marks its objects. */
const MARKS: readonly [tool: Owner['tool'], prefixes: readonly string[]][] = [
  ['Argo CD', ['argocd.argoproj.io/']],
  ['Flux', ['kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/']],
  ['Rancher Fleet', ['fleet.cattle.io/']],
  ['Config Sync', ['configmanagement.gke.io/', 'configsync.gke.io/']],
  ['kapp', ['kapp.k14s.io/']],
  ['Helm', ['meta.helm.sh/']],
];

/**
 * The field managers by which the tools write (`metadata.managedFields`). Argo CD before 3.0 marks its objects
 * by `app.kubernetes.io/instance` alone, which every chart has.
 */
const MANAGERS: readonly [tool: Owner['tool'], manager: RegExp][] = [
  ['Argo CD', /^argocd-/],
  ['Flux', /^(kustomize|helm)-controller$/],
  ['Rancher Fleet', /^fleetagent$/],
  ['Config Sync', /^configsync/],
  ['kapp', /^kapp/],
  ['Pulumi', /^pulumi-/],
  ['Terraform', /^(Terraform|HashiCorp)$/],
];

/** The annotation in which Helm names the release. */
const HELM_RELEASE = 'meta.helm.sh/release-name';

/** The tools that own an object, by its marks, else by what they write: at most one entry a tool, Git before Helm. */
export function ownersOf(object: KubeObject): Owner[] {
  const marked = marksOf(object);
  const writing = MANAGERS.flatMap(([tool, manager]) => {
    const entry = writersOf(object).find(({ manager: name = '' }) => manager.test(name));
    if (!entry || marked.some((each) => each.tool === tool)) return [];
    const { manager: value = '' } = entry;
    return [{ tool, key: `the field manager ${value}`, value }];
  });
  const rank = ({ tool }: Owner) => Number(tool === 'Helm');
  return [...marked, ...writing].sort((a, b) => rank(a) - rank(b));
}

/** Whether Helm applies an object on the server (Helm 4): a field that somebody else has changed is a conflict. */
export function isAppliedByHelm(object: KubeObject): boolean {
  return writersOf(object).some(({ manager, operation }) => manager === 'helm' && operation === 'Apply');
}

/** Who has written the desired state of an object, as far as it is still theirs. */
function writersOf({ metadata }: KubeObject): ManagedFieldsEntry[] {
  return (metadata?.managedFields ?? []).filter(
    ({ fieldsV1 }) => fieldsV1 === undefined || Object.hasOwn(fieldsV1, 'f:spec'),
  );
}

function marksOf({ metadata }: KubeObject): Owner[] {
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
