import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { sameRepository } from '../image/release/reference.ts';

/** Why no container, or no single image, fits the release. */
interface Misfit {
  message: string;
  hint: string;
}

/**
 * Finds the containers that a release is for: those that run its repository, or the one that is named. All of
 * them must run the same image. Pure.
 *
 * @param where the workload, for people: `Deployment/web`
 * @returns their names, init containers first, and the image that they run now
 */
export function containersFor(
  template: PodTemplateSpec | undefined,
  where: string,
  image: string,
  container: string | undefined,
): { names: string[]; from: string } | { misfit: Misfit } {
  const all = [...(template?.spec?.initContainers ?? []), ...(template?.spec?.containers ?? [])];
  const chosen = all.filter((each) =>
    container === undefined ? sameRepository(each.image ?? '', image) : each.name === container,
  );
  const images = [...new Set(chosen.map((each) => each.image ?? ''))];
  const known = all.map((each) => `${each.name} (${each.image})`).join(', ');
  if (images.length === 1) return { names: chosen.map(({ name }) => name), from: images[0] ?? '' };
  if (images.length === 0) {
    const what = container === undefined ? `runs ${repositoryOf(image)}` : `is named "${container}"`;
    return {
      misfit: {
        message: `No container of ${where} ${what}; it has ${known}.`,
        hint: 'Write `repo` as in the workload, with registry and port, or set `container`.',
      },
    };
  }
  return {
    misfit: {
      message: `The containers of ${where} run different images of one repository: ${known}.`,
      hint: 'Set `container` to the one that the release is for.',
    },
  };
}

function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
