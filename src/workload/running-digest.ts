import type { Pod } from 'kubernetes-types/core/v1';

/** Pods whose container runs another image than the one that was verified. */
interface OtherImage {
  pod: string;
  digest: string;
}

/**
 * Finds the pods that run none of `digests`. For an index, runtimes report either its own digest or that of
 * the platform's image. An imageID without a repository is ignored, because on some runtimes it is the digest
 * of the configuration. Pure.
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

/** The warning if a tag was moved between its check and the pull; undefined if the digests match. Pure. */
export function movedTag(
  pods: readonly Pod[],
  image: string,
  digests: readonly string[],
): string | undefined {
  const [first, ...rest] = otherImages(pods, image, digests);
  if (!first) return undefined;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  return `${image} was ${digests[0]} when it was checked, but Pod/${first.pod}${more} runs ${first.digest}. The tag was moved in the meantime, or a node had an older image of that name. To rule this out, set \`pin: digest\`.`;
}
