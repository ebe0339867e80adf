import { type Manifest, type Platform, platformIn, platformsOf } from '../registry/manifest.ts';
import { getBlob, getManifest, type Source } from '../registry/pull.ts';

/** What a registry knows about an image. */
export interface ImageFacts {
  /** Computed from the bytes that were sent. */
  digest: string;
  manifest: Manifest;
  /** Empty if it is not known. */
  platforms: readonly Platform[];
  /** Compressed, of one platform; undefined if it is not known. */
  sizeBytes: number | undefined;
  /** When it was built, in milliseconds since the epoch; undefined if it is not known. */
  createdAt: number | undefined;
}

/** Limit for a configuration. Most have a few kilobytes, but the history may be long. */
const CONFIG_LIMIT = 2 * 1024 * 1024;
const CREATED = 'org.opencontainers.image.created';

/**
 * Reads the facts of an image by two requests: for the manifest, and for its configuration (for an index, the
 * manifest of its first platform).
 *
 * @returns undefined if there is no such tag or digest
 */
export async function inspect(source: Source, reference: string): Promise<ImageFacts | undefined> {
  const manifest = await getManifest(source, reference);
  if (!manifest) return undefined;
  const facts =
    manifest.kind === 'index' ? await indexFacts(source, manifest) : await imageFacts(source, manifest);
  return { digest: manifest.digest, manifest, ...facts };
}

type Facts = Pick<ImageFacts, 'platforms' | 'sizeBytes' | 'createdAt'>;

async function indexFacts(source: Source, index: Manifest): Promise<Facts> {
  const platforms = platformsOf(index);
  const first = index.manifests.find(({ platform }) => platform && platforms.includes(platform));
  const child = first && (await getManifest(source, first.digest));
  return {
    platforms,
    sizeBytes: child && sizeOf(child),
    createdAt: timeOf(
      index.annotations[CREATED] ?? first?.annotations[CREATED] ?? child?.annotations[CREATED],
    ),
  };
}

async function imageFacts(source: Source, image: Manifest): Promise<Facts> {
  const config = image.config && parse(await getBlob(source, image.config, CONFIG_LIMIT));
  const platform = platformIn(config);
  return {
    platforms: platform ? [platform] : [],
    sizeBytes: sizeOf(image),
    createdAt: timeOf(config?.created ?? image.annotations[CREATED]),
  };
}

function sizeOf({ layers }: Manifest): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

function timeOf(text: unknown): number | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  // reproducible builds have a date of 1970 or 0001
  return time > 86_400_000 ? time : undefined;
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
