import type { Pod } from 'kubernetes-types/core/v1';

/** Pods whose container runs another image than the one that was verified. */
interface OtherImage {
  pod: string;
  digest: string;
}

/**
 * Which of the pods run another digest than one of `digests` (of an index, runtimes tell its own digest or
 * that of the platform's image). An imageID without a repository is a configuration's digest on some
 * runtimes, and says nothing. Pure.
 */
export function otherImages(pods: readonly Pod[], image: string, digests: readonly string[]): OtherImage[] {
  return pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .flatMap(({ metadata, spec, status }) => {
      const own = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
        .filter((container) => container.image === image)
        .map(({ name }) => name);
      const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      const wrong = statuses
        .filter(({ name }) => own.includes(name))
        .flatMap(({ imageID }) => /@(sha256:[0-9a-f]{64})$/.exec(imageID)?.[1] ?? [])
        .find((digest) => !digests.includes(digest));
      return wrong === undefined ? [] : [{ pod: metadata?.name ?? '', digest: wrong }];
    });
}

/**
 * The warning where a tag has been moved between the look at it and the pull; undefined where all is as it
 * should be. Pure.
 */
export function movedTag(
  pods: readonly Pod[],
  image: string,
  digests: readonly string[],
): string | undefined {
  const [first, ...rest] = otherImages(pods, image, digests);
  if (!first) return undefined;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  return `${image} was ${digests[0]} when it was looked at, and Pod/${first.pod}${more} runs ${first.digest}: the tag was moved meanwhile, or a node had kept an older image of that name. \`pin: digest\` rules that out.`;
}
