import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { sameRepository } from '../image/release/reference.ts';

/** Why a release has no place among the containers. */
interface Misfit {
  message: string;
  hint: string;
}

/**
 * The containers that a release is for: those that run its repository, or the one that is named; all with one
 * image. Pure.
 *
 * @param where whose pods they are, for people: `Deployment/web`
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
        hint: 'Set `repo` as the workload writes it (registry and port included), or name the `container`.',
      },
    };
  }
  return {
    misfit: {
      message: `The containers of ${where} run different images of one repository: ${known}.`,
      hint: 'Say with `container` which one the release is for.',
    },
  };
}

function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
