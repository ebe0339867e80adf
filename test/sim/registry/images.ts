import { digestOf } from '../../../src/image/registry/manifest.ts';
import type { RegistryStore } from './store.ts';

/** Where an image can be put: the built-in registry's store, or a real registry by HTTP. */
export interface ImageTarget {
  blob(path: string, bytes: Buffer): Promise<string> | string;
  manifest(path: string, reference: string, mediaType: string, bytes: Buffer): Promise<string> | string;
}

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  image: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
export const DOCKER = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  image: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};

export interface ImageSpec {
  types?: typeof OCI;
  architecture?: string;
  created?: string;
  /** What makes it another image. */
  content?: string;
}

export interface Pushed {
  digest: string;
  bytes: Buffer;
  mediaType: string;
}

/** Puts an image of one small layer. */
export async function putImage(
  to: ImageTarget,
  path: string,
  reference: string | undefined,
  {
    types = OCI,
    architecture = 'amd64',
    created = '2026-11-24T10:00:00Z',
    content = 'hello',
  }: ImageSpec = {},
): Promise<Pushed> {
  const layer = Buffer.from(`layer of ${content}`);
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      created,
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      config: { Labels: { content } },
    }),
  );
  for (const blob of [config, layer]) await to.blob(path, blob);
  const part = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.image,
      config: part(types.config, config),
      layers: [part(types.layer, layer)],
    }),
  );
  const digest = await to.manifest(path, reference ?? digestOf(bytes), types.image, bytes);
  return { digest, bytes, mediaType: types.image };
}

/** Puts an index over an image for each architecture, with spaces that a reader that writes it anew would lose. */
export async function putIndex(
  to: ImageTarget,
  path: string,
  reference: string,
  architectures: readonly string[],
  spec: ImageSpec = {},
): Promise<Pushed> {
  const types = spec.types ?? OCI;
  const children = [];
  for (const architecture of architectures) {
    const image = await putImage(to, path, undefined, { ...spec, architecture });
    children.push({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.bytes.length,
      platform: { os: 'linux', architecture, ...(architecture === 'arm64' ? { variant: 'v8' } : {}) },
    });
  }
  const bytes = Buffer.from(
    `${JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: children }, null, 3)}\n\n`,
  );
  const digest = await to.manifest(path, reference, types.index, bytes);
  return { digest, bytes, mediaType: types.index };
}

/** Into the built-in registry, past its server. */
export function intoStore(store: RegistryStore): ImageTarget {
  return {
    blob: (path, bytes) => store.putBlob(path, bytes),
    manifest: (path, reference, mediaType, bytes) => store.putManifest(path, reference, { mediaType, bytes }),
  };
}
