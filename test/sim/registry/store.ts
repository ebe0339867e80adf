import { digestOf } from '../../../src/image/registry/manifest.ts';

/** A manifest as it was pushed. */
export interface StoredManifest {
  bytes: Buffer;
  mediaType: string;
}

interface Repository {
  manifests: Map<string, StoredManifest>;
  tags: Map<string, string>;
  blobs: Set<string>;
}

/** What a registry keeps. Blobs belong to repositories; their bytes are kept once. */
export interface RegistryStore {
  repository(path: string): Repository | undefined;
  /** Makes it where it does not exist. */
  open(path: string): Repository;
  /** By tag or digest. */
  manifest(path: string, reference: string): (StoredManifest & { digest: string }) | undefined;
  putManifest(path: string, reference: string, manifest: StoredManifest): string;
  blob(digest: string): Buffer | undefined;
  putBlob(path: string, bytes: Buffer): string;
  /** A blob of which there is only the name: gigabytes that nobody is to read. */
  pretendBlob(path: string, digest: string): void;
  /** The manifest of a tag or digest, with its bytes changed behind the registry's back. */
  tamper(path: string, reference: string, bytes: Buffer, mediaType?: string): void;
}

export function createRegistryStore(): RegistryStore {
  const repositories = new Map<string, Repository>();
  const bytesOf = new Map<string, Buffer>();
  const store: RegistryStore = {
    repository: (path) => repositories.get(path),
    open(path) {
      const found = repositories.get(path) ?? { manifests: new Map(), tags: new Map(), blobs: new Set() };
      repositories.set(path, found);
      return found;
    },
    manifest(path, reference) {
      const repository = repositories.get(path);
      const digest = reference.includes(':') ? reference : repository?.tags.get(reference);
      const found = digest === undefined ? undefined : repository?.manifests.get(digest);
      return found && digest !== undefined ? { ...found, digest } : undefined;
    },
    putManifest(path, reference, manifest) {
      const repository = store.open(path);
      const digest = digestOf(manifest.bytes);
      repository.manifests.set(digest, manifest);
      if (!reference.includes(':')) repository.tags.set(reference, digest);
      return digest;
    },
    blob: (digest) => bytesOf.get(digest),
    putBlob(path, bytes) {
      const digest = digestOf(bytes);
      bytesOf.set(digest, bytes);
      store.open(path).blobs.add(digest);
      return digest;
    },
    pretendBlob(path, digest) {
      store.open(path).blobs.add(digest);
    },
    tamper(path, reference, bytes, mediaType) {
      const found = store.manifest(path, reference);
      if (!found) throw new Error(`there is no ${path}:${reference}`);
      store.open(path).manifests.set(found.digest, { bytes, mediaType: mediaType ?? found.mediaType });
    },
  };
  return store;
}
