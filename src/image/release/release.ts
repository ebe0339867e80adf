import type { Build } from '../../ci/build.ts';
import { PromoteError } from '../../errors.ts';
import { type ArtifactFiles, artifactDigest, artifactTag } from './build-artifacts.ts';
import { parseReference } from './reference.ts';

/** What is promoted. */
export interface Release {
  /** As the user wrote it; the workload's image begins with it. */
  repository: string;
  tag: string;
  /**
   * The image to write into the workload: `repository:tag`, or with `pin: digest` `repository:tag@digest`.
   */
  image: string;
  /** `sha256:…`, if the registry or the build provides it. */
  digest?: string;
}

/** The release that the settings name. @throws PromoteError `tag`, `reference` or `handed-on` */
export function releaseFrom(
  settings: ArtifactFiles & { repo?: string | undefined; tag?: string | undefined },
  build: Build,
): Release {
  return releaseOf(settings.repo ?? '', settings.tag ?? artifactTag(settings), build);
}

/** The release with its digest, which `pin: digest` writes behind the tag. */
export function withDigest(
  release: Release,
  digest: string | undefined,
  { pin }: { pin?: 'tag' | 'digest' | undefined },
): Release {
  if (digest === undefined) return release;
  return { ...release, digest, image: pin === 'digest' ? `${release.image}@${digest}` : release.image };
}

/**
 * The release with the digest that the build provides, for use without the registry. @throws PromoteError
 * `handed-on`
 */
export function withArtifacts(
  release: Release,
  settings: ArtifactFiles & { pin?: 'tag' | 'digest' | undefined },
): Release {
  return withDigest(release, artifactDigest(settings, release.image), settings);
}

/**
 * The release: the repository with the tag of the settings, or else the tag of the build without a leading
 * `v`. There is no default tag.
 *
 * @throws PromoteError `tag` or `reference`
 */
export function releaseOf(repository: string, tag: string | undefined, build: Build): Release {
  const parsed = parseReference(repository);
  if (parsed.tag !== undefined || parsed.digest !== undefined) {
    throw new PromoteError(
      'reference',
      `\`repo\` must be a repository without a tag or digest, but it is "${repository}".`,
      {
        hint: 'The tag comes from DRONE_TAG, or from `tag`.',
      },
    );
  }
  const chosen = tag ?? tagOf(build);
  const image = `${repository}:${chosen}`;
  // "1/2" is not a tag, but "shop:1/2" is a registry with a port, so the cluster would pull "latest"
  if (/[/@:]/.test(chosen)) {
    throw new PromoteError(
      'tag',
      `"${chosen.slice(0, 128)}" is not a tag of an image: it has a "/", "@" or ":".`,
      {
        hint: 'Set `tag` to the tag under which the image was pushed.',
      },
    );
  }
  parseReference(image);
  if (tag !== undefined) checkNumber(tag, build);
  return { repository, tag: chosen, image };
}

/** The tag of the build without a leading `v` before a digit: `v1.4.2` is released as `1.4.2`. */
function tagOf(build: Build): string {
  if (build.tag) return build.tag.replace(/^v(?=\d)/, '');
  throw new PromoteError(
    'tag',
    `The build has no tag (${build.ref ? `its ref is "${build.ref}"` : 'and no ref'}), so there is no release to promote.`,
    {
      hint: 'Promote the build of a tag, or set `tag` (`--tag`). There is no default: "latest" is not a release.',
    },
  );
}

/** Refuses a tag that YAML has read as a number: it reads `tag: 1.10` as 1.1. */
function checkNumber(tag: string, build: Build): void {
  const built = build.tag.replace(/^v(?=\d)/, '');
  if (built === '' || built === tag || Number(built) !== Number(tag)) return;
  throw new PromoteError(
    'tag',
    `\`tag\` is ${tag}, but the build's tag is ${build.tag}: YAML reads the setting as a number.`,
    {
      hint: `Write it with quotes: tag: "${built}"`,
    },
  );
}
