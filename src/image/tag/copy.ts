import { PromoteError } from '../../errors.ts';
import type { Manifest } from '../registry/manifest.ts';
import { getManifest, type Source } from '../registry/pull.ts';
import { bringBlob, putManifest } from '../registry/push.ts';

/**
 * Copies an image, or an index with all its images, to another repository of the same registry. Blobs come
 * first, then manifests, then the index, so that nothing refers to a missing part. The copy has a digest but
 * no tag.
 *
 * @returns the bytes of layers that went through this process
 */
export async function copyImage(from: Source, to: Source, manifest: Manifest): Promise<number> {
  const images = manifest.kind === 'image' ? [manifest] : await childrenOf(from, manifest);
  const blobs = new Map(
    images
      .flatMap(({ config, layers }) => [...(config ? [config] : []), ...layers])
      .map((each) => [each.digest, each]),
  );
  let moved = 0;
  for (const blob of blobs.values()) moved += await bringBlob(from, to, blob);
  for (const image of images) await putManifest(to, image.digest, image);
  if (manifest.kind === 'index') await putManifest(to, manifest.digest, manifest);
  return moved;
}

async function childrenOf(from: Source, index: Manifest): Promise<Manifest[]> {
  const children: Manifest[] = [];
  for (const { digest } of index.manifests) {
    const child = await getManifest(from, digest);
    if (!child || child.kind === 'index') {
      throw new PromoteError(
        'manifest',
        `The index ${index.digest} names ${digest}, which is ${child ? 'an index itself' : 'not in its registry'}.`,
      );
    }
    children.push(child);
  }
  return children;
}
