import type { Build } from '../ci/build.ts';
import { PromoteError } from '../errors.ts';
import { parseReference } from './reference.ts';

/** What is promoted. */
export interface Release {
  /** As the user wrote it: the workload's image begins with it. */
  repository: string;
  tag: string;
  /** `repository:tag`, as it is written into the workload. */
  image: string;
}

/**
 * The release: the repository with the tag of the settings, or else of the build without a leading `v`. There is never a default tag.
 *
 * @throws PromoteError `tag` or `reference`
 */
export function releaseOf(repository: string, tag: string | undefined, build: Build): Release {
  const parsed = parseReference(repository);
  if (parsed.tag !== undefined || parsed.digest !== undefined) {
    throw new PromoteError(
      'reference',
      `\`repo\` is a repository without a tag or digest; it is "${repository}".`,
      {
        hint: 'The tag comes from DRONE_TAG, or from `tag`.',
      },
    );
  }
  const chosen = tag ?? tagOf(build);
  if (tag !== undefined) checkNumber(tag, build);
  const image = `${repository}:${chosen}`;
  parseReference(image);
  return { repository, tag: chosen, image };
}

/** The tag of the build without a leading `v` before a digit: `v1.4.2` is released as `1.4.2`. */
export function tagOf(build: Build): string {
  if (build.tag) return build.tag.replace(/^v(?=\d)/, '');
  throw new PromoteError(
    'tag',
    `The build has no tag (its ref is "${build.ref || 'empty'}"): there is no release to name.`,
    { hint: 'Promote the build of a tag, or set `tag`. There is no default: "latest" is not a release.' },
  );
}

/** YAML reads `tag: 1.10` as the number 1.1. */
function checkNumber(tag: string, build: Build): void {
  const built = build.tag.replace(/^v(?=\d)/, '');
  if (built === '' || built === tag || Number(built) !== Number(tag)) return;
  throw new PromoteError(
    'tag',
    `\`tag\` is ${tag}, and the build's tag is ${build.tag}: YAML read the one as a number.`,
    {
      hint: `Write it with quotes: tag: "${built}"`,
    },
  );
}
