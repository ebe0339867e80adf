import { readFileSync } from 'node:fs';
import { messageOf, PromoteError } from '../../errors.ts';
import { parseReference, sameRepository } from './reference.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LIMIT = 1024 * 1024;

/** What an earlier step of the pipeline has left in the workspace; paths are relative to it. */
export interface ArtifactFiles {
  artifact_file?: string | undefined;
  digest_file?: string | undefined;
  tag_file?: string | undefined;
}

/**
 * The tag that the build has handed on.
 *
 * @throws PromoteError `handed-on` where the file is missing, or holds no tag
 */
export function artifactTag({ tag_file }: ArtifactFiles): string | undefined {
  return tag_file === undefined ? undefined : tagIn(read('tag_file', tag_file));
}

/**
 * The digest that the build has handed on.
 *
 * @throws PromoteError `handed-on` where a file is missing, says nothing of this image, or two say different
 * things
 */
export function artifactDigest(
  { artifact_file, digest_file }: ArtifactFiles,
  image: string,
): string | undefined {
  const digests = [
    ...(artifact_file === undefined ? [] : [digestInArtifact(read('artifact_file', artifact_file), image)]),
    ...(digest_file === undefined ? [] : [digestIn(read('digest_file', digest_file))]),
  ];
  if (new Set(digests).size > 1)
    throw fault(`\`artifact_file\` and \`digest_file\` hold different digests of ${image}.`);
  return digests[0];
}

/**
 * The tag in a `.tags` file of plugins/docker (commas or lines): of `1, 1.2, 1.2.3, latest` the one that
 * names the release most exactly.
 */
export function tagIn(text: string): string {
  const tags = text.split(/[\s,]+/).filter((tag) => tag !== '' && tag !== 'latest');
  const parts = (tag: string) => (/^v?\d/.test(tag) ? tag.split('.').length : 0);
  const [tag] = tags.toSorted((a, b) => parts(b) - parts(a));
  if (tag === undefined) throw fault('`tag_file` holds no tag but `latest`, which is not a release.');
  return tag;
}

/**
 * A digest alone in its file, as `--digestfile`, `--iidfile` of builders write it; or behind an image's name
 * and `@`.
 */
export function digestIn(text: string): string {
  const digest = text.trim().replace(/^.*@/s, '');
  if (!DIGEST.test(digest)) throw fault('`digest_file` holds no digest (sha256:…).');
  return digest;
}

/**
 * plugins/docker's `artifact_file`: `{"kind": "docker/v1", "data": {"registryUrl": …, "images": [{"image",
 * "digest"}]}}`.
 */
export function digestInArtifact(text: string, image: string): string {
  const images = imagesIn(text);
  const wanted = parseReference(image);
  const same = images.filter((each) => sameRepository(each.image, image));
  const own = same.find((each) => parseReference(each.image).tag === wanted.tag);
  if (!own) {
    const known = images.map((each) => each.image.slice(0, 200)).slice(0, 10);
    throw fault(`\`artifact_file\` says nothing of ${image}; it has ${known.join(', ') || 'no image'}.`);
  }
  if (!DIGEST.test(own.digest)) throw fault(`\`artifact_file\` has no digest (sha256:…) for ${image}.`);
  return own.digest;
}

function imagesIn(text: string): { image: string; digest: string }[] {
  let parsed: { data?: { images?: unknown } } | null;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw fault('`artifact_file` is not JSON.');
  }
  const images: unknown = parsed?.data?.images;
  if (!Array.isArray(images)) throw fault('`artifact_file` has no images: it is not of the kind docker/v1.');
  return images.flatMap((each: { image?: unknown; digest?: unknown } | null) =>
    typeof each?.image === 'string' && typeof each.digest === 'string'
      ? [{ image: each.image, digest: each.digest }]
      : [],
  );
}

function read(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, LIMIT);
  } catch (error) {
    throw fault(`\`${setting}\` cannot be read: ${messageOf(error)}.`);
  }
}

function fault(message: string): PromoteError {
  return new PromoteError('handed-on', message, {
    hint: 'It is written by the step that builds the image, in the same pipeline or on a volume that both mount.',
  });
}
