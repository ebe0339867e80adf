import { createHash } from 'node:crypto';
import { PromoteError } from '../../errors.ts';

/** A platform as the OCI image index names it: `linux`, `arm64`, `v8`. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** A content descriptor; `size` in bytes. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Platform;
  artifactType?: string;
  annotations: Readonly<Record<string, string>>;
}

/** A manifest as the registry sent it. `digest` is always computed from the bytes. */
export interface Manifest {
  bytes: Buffer;
  mediaType: string;
  digest: string;
  kind: 'image' | 'index';
  /** The manifests of an index. */
  manifests: readonly Descriptor[];
  /** The configuration of an image. */
  config: Descriptor | undefined;
  layers: readonly Descriptor[];
  annotations: Readonly<Record<string, string>>;
}

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const IMAGE_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/**
 * The accepted types: OCI and Docker schema 2. Lists and indexes come first, so that a registry does not
 * choose a platform.
 */
export const ACCEPT = [...INDEX_TYPES, ...IMAGE_TYPES].join(', ');

/** The size that the specification asks registries to accept; more is not read. */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;
const MOST_DESCRIPTORS = 10_000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Reads a manifest or index.
 *
 * @param expected the digest of the request; other bytes are refused
 * @throws PromoteError `manifest`: too large, not JSON, of an unknown or ambiguous type, or other bytes than
 * requested
 */
export function readManifest(bytes: Buffer, contentType: string, expected?: string): Manifest {
  if (bytes.length > MANIFEST_LIMIT) fail(`it is larger than ${MANIFEST_LIMIT} bytes`);
  const digest = digestOf(bytes);
  if (expected !== undefined && digest !== expected) fail(`its digest is ${digest} instead of ${expected}`);
  const body = parse(bytes);
  const header = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const own = typeof body.mediaType === 'string' ? body.mediaType : undefined;
  const known = (type: string) => INDEX_TYPES.includes(type) || IMAGE_TYPES.includes(type);
  // a document with two meanings is an attack (CVE-2021-41190)
  if (own !== undefined && known(own) && known(header) && own !== header)
    fail(`its own type is ${own}, but the registry sent it as ${header}`);
  if (Array.isArray(body.manifests) && (Array.isArray(body.layers) || body.config !== undefined))
    fail('it is an index and an image at once');
  const mediaType = known(header) ? header : (own ?? header);
  const kind = INDEX_TYPES.includes(mediaType)
    ? 'index'
    : IMAGE_TYPES.includes(mediaType)
      ? 'image'
      : undefined;
  if (kind === undefined) {
    return fail(`its type is "${shown(mediaType)}", which is neither OCI nor Docker schema 2`);
  }
  if (kind === 'index' ? !Array.isArray(body.manifests) : !Array.isArray(body.layers))
    fail(`it has no ${kind === 'index' ? 'manifests' : 'layers'}, although its type is ${mediaType}`);
  return {
    bytes,
    mediaType,
    digest,
    kind,
    manifests: kind === 'index' ? descriptors(body.manifests) : [],
    config: kind === 'image' ? descriptor(body.config) : undefined,
    layers: kind === 'image' ? descriptors(body.layers) : [],
    annotations: texts(body.annotations),
  };
}

/** The platforms of an index, without attestations and the like (`unknown/unknown`). */
export function platformsOf(manifest: Manifest): Platform[] {
  return manifest.manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' && platform.architecture !== 'unknown' ? [platform] : [],
  );
}

/** `linux/arm64/v8`. */
export function describePlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

export function platformIn(value: unknown): Platform | undefined {
  if (!isObject(value) || typeof value.os !== 'string' || typeof value.architecture !== 'string')
    return undefined;
  return {
    os: shown(value.os),
    architecture: shown(value.architecture),
    ...(typeof value.variant === 'string' && value.variant !== '' ? { variant: shown(value.variant) } : {}),
  };
}

function descriptors(value: unknown): Descriptor[] {
  const list = Array.isArray(value) ? value : [];
  if (list.length > MOST_DESCRIPTORS) fail(`it lists ${list.length} parts`);
  return list.map(descriptor);
}

function descriptor(value: unknown): Descriptor {
  if (!isObject(value)) return fail('a part of it is not a descriptor');
  const { mediaType, digest, size, artifactType } = value;
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return fail('a part of it has no sha256 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    return fail('a part of it has no size');
  const platform = platformIn(value.platform);
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size,
    ...(platform ? { platform } : {}),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    annotations: texts(value.annotations),
  };
}

function texts(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (isObject(parsed)) return parsed;
  } catch {
    // the error's message would quote what was sent
  }
  return fail('it is not a JSON object');
}

function fail(reason: string): never {
  throw new PromoteError('manifest', `The registry sent a manifest that is not valid: ${reason}.`);
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
