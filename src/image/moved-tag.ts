import type { Outcome } from '../outcome.ts';
import type { Release } from './release/release.ts';

/** A pod that runs another digest than the release under the name of its image. */
export interface OtherDigest {
  pod: string;
  digest: string;
}

/**
 * The release as it is to be written into the workload. If the workload has the tag already, and the tag was
 * pushed again since, the release is written with its digest, because an unchanged text would roll out
 * nothing. Pure.
 *
 * @param digests those of the release: that of its index, and those of its images
 * @param images the images of the workload's containers
 * @param others the pods that run another digest under the release's image
 */
export function rolledByDigest(
  release: Release,
  digests: readonly string[],
  images: readonly string[],
  others: readonly OtherDigest[],
): { release: Release; warning?: string } {
  const { image, digest } = release;
  const present = images.find((each) => each === image || each.startsWith(`${image}@`));
  if (digest === undefined || present === undefined) return { release };
  const pinned = present.slice(image.length + 1);
  if (pinned === '' ? others.length === 0 : digests.includes(pinned)) {
    return { release: { ...release, image: present } };
  }
  const who = pinned === '' ? `${podsOf(others)} ${others[0]?.digest}` : `The workload runs ${pinned}`;
  return {
    release: { ...release, image: `${image}@${digest}` },
    warning: `${who} under ${image}, and the registry has ${digest} there: the tag was pushed again. The release is rolled out by its digest.`,
  };
}

/**
 * The outcome of a promotion whose pods run another digest than the release. It is not promoted, and its
 * digest is the one that runs, if it is one. Pure.
 *
 * @param pods how many pods run the release's image
 */
export function movedAway(
  outcome: Outcome,
  { image, digest }: Release,
  others: readonly OtherDigest[],
  pods: number,
): Outcome {
  const [running, ...more] = [...new Set(others.map((each) => each.digest))];
  const isOne = running !== undefined && more.length === 0 && others.length === pods;
  return {
    ...outcome,
    kind: 'stuck',
    reason: `${image} is rolled out, but ${podsOf(others)} ${running}, and the release is ${digest}. A node had an older image under this tag, or the tag was pushed again meanwhile. No tag was moved.`,
    hints: [
      ...outcome.hints,
      'Promote the same build again: the release is then rolled out by its digest. `pin: digest` does so always.',
    ],
    ...(isOne ? { digest: running } : {}),
  };
}

/** `Pod/web-1 and 2 more run`. */
function podsOf([first, ...rest]: readonly OtherDigest[]): string {
  return `Pod/${first?.pod} ${rest.length === 0 ? 'runs' : `and ${rest.length} more run`}`;
}
