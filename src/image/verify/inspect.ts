import { type Manifest, type Platform, platformIn, platformsOf } from '../registry/manifest.ts';
import { getBlob, getManifest, type Source } from '../registry/pull.ts';

/** What a registry says of an image. */
export interface ImageFacts {
  /** Computed from what was sent. */
  digest: string;
  manifest: Manifest;
  /** Empty where it is not known. */
  platforms: readonly Platform[];
  /** Compressed, of one platform; undefined where it is not known. */
  sizeBytes: number | undefined;
  /** When it was made, in milliseconds since the epoch; undefined where it is not known. */
  createdAt: number | undefined;
}

/** A configuration has a few kilobytes; its history may be long. */
const CONFIG_LIMIT = 2 * 1024 * 1024;
const CREATED = 'org.opencontainers.image.created';

/**
 * Looks at an image: two requests, the manifest and its configuration (of an index: the manifest of its first
 * platform).
 *
 * @returns undefined where there is no such tag or digest
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
  // builds that are to be the same each time date themselves 1970 or 0001
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
