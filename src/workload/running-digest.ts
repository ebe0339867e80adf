import type { Pod } from 'kubernetes-types/core/v1';

/** Pods whose container runs another image than the one that was verified. */
interface OtherImage {
  pod: string;
  digest: string;
}

/** The pods that have an image, and are not being deleted. */
export function running(pods: readonly Pod[], image: string): Pod[] {
  return pods.filter(
    ({ metadata, spec }) =>
      metadata?.deletionTimestamp === undefined &&
      [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some((each) => each.image === image),
  );
}

/**
 * Finds the pods that run none of `digests`. For an index, runtimes report either its own digest or that of
 * the platform's image. An imageID without a repository is ignored, because on some runtimes it is the digest
 * of the configuration. Pure.
 */
export function otherImages(pods: readonly Pod[], image: string, digests: readonly string[]): OtherImage[] {
  return running(pods, image).flatMap(({ metadata, spec, status }) => {
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
