import { parseReference } from '../../../image/release/reference.ts';
import type { Policy } from './policy.ts';

/** The kinds that Keel watches, as it names them. */
export const KINDS = ['deployment', 'statefulset', 'daemonset', 'cronjob'] as const;
export type Kind = (typeof KINDS)[number];

/** A container of a workload; its name is not known where Keel was asked, which tells only images. */
export interface ContainerImage {
  readonly name: string | undefined;
  readonly image: string;
  readonly init: boolean;
}

/** How far a rollout is, and how much of that is known. */
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
  readonly rollout: Rollout;
  /** `cluster`: as the API server has it, init containers included; `keel`: from Keel's cache. */
  readonly source: 'cluster' | 'keel';
}

/** What `kubectl rollout history` shows. */
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The policy of a workload. An annotation comes before a label (measured). */
export function policyOf({ annotations, labels }: KeelWorkload): Policy {
  const of = (...keys: string[]) =>
    keys.map((key) => annotations[key] ?? labels[key]).find((each) => each !== undefined);
  return {
    text: of('keel.sh/policy')?.trim() ?? '',
    matchTag: of('keel.sh/matchTag', 'keel.sh/match-tag') === 'true',
    matchPreRelease: of('keel.sh/matchPreRelease') !== 'false',
  };
}

/** The votes that an update needs, 0 where it needs none; undefined where the number is none, with which Keel does nothing (measured). */
export function votesOf({ annotations, labels }: KeelWorkload): number | undefined {
  // here the label comes first
  const given = labels['keel.sh/approvals'] ?? annotations['keel.sh/approvals'];
  if (given === undefined || given === '') return 0;
  return /^[+-]?\d+$/.test(given) ? Math.max(0, Number(given)) : undefined;
}

/** The containers that Keel looks at: all, or those of keel.sh/monitorContainers; init containers where an annotation says so. */
export function monitored({ containers, annotations, labels }: KeelWorkload): readonly ContainerImage[] {
  const pattern = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  // as a label it is ignored (measured)
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

/** What Keel wrote of its last update: `keel automated update, version 1.0.0 -> 1.0.1 [TIME]`; undefined where another wrote last. */
export function changeCauseOf({ annotations }: KeelWorkload): string | undefined {
  const cause = annotations[CHANGE_CAUSE];
  return cause?.startsWith('keel automated update') ? cause : undefined;
}

/** The tag of an image, `latest` where it has none; undefined where a digest pins it, or it is no reference. */
export function tagOf(image: string): string | undefined {
  try {
    const { tag, digest } = parseReference(image);
    return digest === undefined ? (tag ?? 'latest') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two images are one, however they are written: Keel makes `library/nginx:1.27` of `nginx:1.27` (measured). */
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
