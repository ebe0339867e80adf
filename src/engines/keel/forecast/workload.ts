import { parseReference } from '../../../image/release/reference.ts';
import type { Policy } from './policy.ts';

/** The kinds that Keel watches, as it names them. */
export const KINDS = ['deployment', 'statefulset', 'daemonset', 'cronjob'] as const;
export type Kind = (typeof KINDS)[number];

/** A container of a workload. Its name is undefined if it comes from Keel's list, which has only images. */
export interface ContainerImage {
  readonly name: string | undefined;
  readonly image: string;
  readonly init: boolean;
  /** A native sidecar: an init container with `restartPolicy: Always`. */
  readonly sidecar?: true;
}

/** The state of a rollout, with a description. */
export interface Rollout {
  readonly state: 'done' | 'waiting' | 'failed';
  readonly message: string;
}

/** A workload as Keel's own list or the cluster shows it, at one moment. */
export interface KeelWorkload {
  /** `KIND/NAMESPACE/NAME`, as Keel names it. */
  readonly identifier: string;
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerImage[];
  /** The labels of its pods; absent in Keel's list, and for a CronJob, whose pods serve nobody. */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly rollout: Rollout;
  /** `cluster`: from the API server, with init containers; `keel`: from Keel's cache. */
  readonly source: 'cluster' | 'keel';
}

/** The annotation that `kubectl rollout history` shows. */
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The policy of a workload. An annotation overrides a label (measured). */
export function policyOf({ annotations, labels }: KeelWorkload): Policy {
  const of = (...keys: string[]) =>
    keys.map((key) => annotations[key] ?? labels[key]).find((each) => each !== undefined);
  return {
    text: of('keel.sh/policy')?.trim() ?? '',
    matchTag: of('keel.sh/matchTag', 'keel.sh/match-tag') === 'true',
    matchPreRelease: of('keel.sh/matchPreRelease') !== 'false',
  };
}

/**
 * The votes that an update needs, 0 if it needs none; undefined if the value is not a number, because Keel
 * does nothing then (measured).
 */
export function votesOf({ annotations, labels }: KeelWorkload): number | undefined {
  // here the label overrides the annotation
  const given = labels['keel.sh/approvals'] ?? annotations['keel.sh/approvals'];
  if (given === undefined || given === '') return 0;
  return /^[+-]?\d+$/.test(given) ? Math.max(0, Number(given)) : undefined;
}

/**
 * The containers that Keel may update: all, or those that keel.sh/monitorContainers selects. Init containers
 * only if an annotation includes them.
 */
export function monitored({ containers, annotations, labels }: KeelWorkload): readonly ContainerImage[] {
  const pattern = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  // Keel ignores it as a label (measured)
  const withInit = annotations['keel.sh/initContainers'] === 'true';
  return containers.filter(
    ({ name, init }) => (withInit || !init) && (name === undefined || isMonitored(pattern, name)),
  );
}

function isMonitored(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined || pattern === '') return true;
  try {
    return new RegExp(pattern).test(name);
  } catch {
    return true;
  }
}

/**
 * The change-cause of Keel's last update: `keel automated update, version 1.0.0 -> 1.0.1 [TIME]`; undefined
 * if another writer set it last.
 */
export function changeCauseOf({ annotations }: KeelWorkload): string | undefined {
  const cause = annotations[CHANGE_CAUSE];
  return cause?.startsWith('keel automated update') ? cause : undefined;
}

/**
 * The tag of an image, `latest` if it has none; undefined if a digest pins it, or it is not a valid
 * reference.
 */
export function tagOf(image: string): string | undefined {
  try {
    const { tag, digest } = parseReference(image);
    return digest === undefined ? (tag ?? 'latest') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether two references name the same image. Keel changes `nginx:1.27` to `library/nginx:1.27` (measured).
 */
export function sameImage(a: string, b: string): boolean {
  try {
    const [first, second] = [parseReference(a), parseReference(b)];
    return (
      first.registry === second.registry &&
      first.path === second.path &&
      first.digest === second.digest &&
      (first.tag ?? 'latest') === (second.tag ?? 'latest')
    );
  } catch {
    return a === b;
  }
}
