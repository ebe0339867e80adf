import { PromoteError, type Refusal } from '../../errors.ts';
import { headDigest, type Source } from '../registry/pull.ts';
import type { Release } from '../release/release.ts';

/** What must have had a release before it may be promoted. */
export interface Requirements {
  /** Tags of its repository. */
  tags: readonly string[];
  /** Workloads whose record must show its promotion. */
  records: readonly Place[];
}

export interface Place {
  namespace: string;
  /** As the setting `workload` names it: `deployment/web`. */
  workload: string;
}

/** An image that another promotion has brought out; with its digest if that workload names one. */
export interface PastImage {
  image: string;
  /** When: ISO 8601. */
  at: string;
}

/**
 * Holds a release to the tags that must be on its digest.
 *
 * @throws PromoteError `requires`, and what the registry answers
 */
export async function requireTags(
  home: Source,
  release: Release,
  { tags }: Pick<Requirements, 'tags'>,
): Promise<void> {
  const found = await Promise.all(
    tags.map(async (tag) => tagRefusal(release, tag, await headDigest(home, tag))),
  );
  throwRefusals(found);
}

/**
 * Holds a release to the records of other workloads. @param promoted reads what has been promoted there, newest first
 *
 * @throws PromoteError `requires`, and what the cluster answers
 */
export async function requireRecords(
  release: Release,
  { records }: Pick<Requirements, 'records'>,
  promoted: (place: Place) => Promise<readonly PastImage[]>,
): Promise<void> {
  throwRefusals(
    await Promise.all(records.map(async (place) => recordRefusal(release, place, await promoted(place)))),
  );
}

/** Why the tag does not let the release pass. @param digest of the tag; undefined if the repository does not have it */
export function tagRefusal(release: Release, tag: string, digest: string | undefined): Refusal | undefined {
  if (digest !== undefined && digest === release.digest) return undefined;
  const has = digest === undefined ? 'does not exist' : `is on ${digest}`;
  return {
    code: 'requires',
    message: `${release.image} is not what \`${tag}\` has: its digest is ${release.digest ?? 'unknown'}, and the tag \`${tag}\` ${has}.`,
    hint: `Promote the build to ${tag} first. The step there sets the tag, if it has the setting tags: ${tag}`,
  };
}

/** Why the record does not let the release pass. Digests are compared where both are known, else repository and tag. */
export function recordRefusal(
  release: Release,
  { namespace, workload }: Place,
  past: readonly PastImage[],
): Refusal | undefined {
  if (past.some(({ image }) => isSame(release, image))) return undefined;
  const [last] = past;
  const there = last
    ? `The last release there was ${last.image}, at ${last.at}.`
    : 'No promotion is on record there.';
  return {
    code: 'requires',
    message: `${release.image} was not promoted to ${workload} in ${namespace}. ${there}`,
    hint: `Promote the build there first. Look: drone-promote status --workload ${workload} --namespace ${namespace}`,
  };
}

function isSame({ image, digest }: Release, past: string): boolean {
  const [name, pinned] = past.split('@');
  if (pinned !== undefined && digest !== undefined) return pinned === digest;
  return name === image.split('@')[0];
}

function throwRefusals(refusals: readonly (Refusal | undefined)[]): void {
  const found = refusals.filter((each) => each !== undefined);
  if (found.length === 0) return;
  const text = (of: 'message' | 'hint') => [...new Set(found.flatMap((each) => each[of] ?? []))].join('\n');
  throw new PromoteError('requires', text('message'), { hint: text('hint') });
}
