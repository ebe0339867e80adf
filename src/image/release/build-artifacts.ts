import { readFileSync } from 'node:fs';
import { messageOf, PromoteError } from '../../errors.ts';
import { parseReference, sameRepository } from './reference.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LIMIT = 1024 * 1024;

/** Files that an earlier step of the pipeline wrote into the workspace; paths are relative to it. */
export interface ArtifactFiles {
  artifact_file?: string | undefined;
  digest_file?: string | undefined;
  tag_file?: string | undefined;
}

/**
 * The tag that the build provides in a file.
 *
 * @throws PromoteError `handed-on` if the file is missing, or has no tag
 */
export function artifactTag({ tag_file }: ArtifactFiles): string | undefined {
  return tag_file === undefined ? undefined : tagIn(read('tag_file', tag_file));
}

/**
 * The digest that the build provides in a file.
 *
 * @throws PromoteError `handed-on` if a file is missing or does not name this image, or if two files disagree
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
    throw fault(`\`artifact_file\` and \`digest_file\` have different digests for ${image}.`);
  return digests[0];
}

/**
 * The tag in a `.tags` file of plugins/docker (commas or lines): of `1, 1.2, 1.2.3, latest` the most exact
 * one.
 */
export function tagIn(text: string): string {
  const tags = text.split(/[\s,]+/).filter((tag) => tag !== '' && tag !== 'latest');
  const parts = (tag: string) => (/^v?\d/.test(tag) ? tag.split('.').length : 0);
  const [tag] = tags.toSorted((a, b) => parts(b) - parts(a));
  if (tag === undefined) throw fault('`tag_file` has no tag but `latest`, which is not a release.');
  return tag;
}

/**
 * The digest in a file that has only the digest, as `--digestfile` and `--iidfile` of builders write it, or
 * the image's name, `@` and the digest.
 */
export function digestIn(text: string): string {
  const digest = text.trim().replace(/^.*@/s, '');
  if (!DIGEST.test(digest)) throw fault('`digest_file` has no digest (sha256:…).');
  return digest;
}

/**
 * The digest of an image in plugins/docker's `artifact_file`: `{"kind": "docker/v1", "data": {"registryUrl":
 * …, "images": [{"image", "digest"}]}}`.
 */
export function digestInArtifact(text: string, image: string): string {
  const images = imagesIn(text);
  const wanted = parseReference(image);
  const same = images.filter((each) => sameRepository(each.image, image));
  const own = same.find((each) => parseReference(each.image).tag === wanted.tag);
  if (!own) {
    const known = images.map((each) => each.image.slice(0, 200)).slice(0, 10);
    throw fault(`\`artifact_file\` does not name ${image}; it has ${known.join(', ') || 'no image'}.`);
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
    hint: 'The step that builds the image must write it, in the same pipeline or on a volume that both steps mount.',
  });
}
