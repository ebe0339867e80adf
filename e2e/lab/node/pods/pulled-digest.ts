import http from 'node:http';

/** The lab's registries are near, and most scenarios have none. */
const TIMEOUT_MS = 1000;
const TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** The registry of the documents. From others the lab's nodes pull nothing: under a tag alone they have an image of their own. */
const REGISTRY = /^(192\.0\.2\.10):(\d+)\/(.+):([^:/@]+)$/;

/** The digests that a node gets when it pulls images by their tags; without those of which the registry does not answer. */
export async function pulledDigests(images: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const digests = await Promise.all(images.map(digestOf));
  return new Map(images.flatMap((image, index) => (digests[index] ? [[image, digests[index]]] : [])));
}

/** By the registry, in plain HTTP. */
function digestOf(image: string): Promise<string | undefined> {
  const [, host, port, path, tag] = REGISTRY.exec(image) ?? [];
  if (host === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const request = http.request(
      {
        method: 'HEAD',
        host,
        port,
        path: `/v2/${path}/manifests/${tag}`,
        headers: { Accept: TYPES.join(', ') },
        agent: false,
        timeout: TIMEOUT_MS,
      },
      (answer) => {
        answer.resume();
        const digest = answer.headers['docker-content-digest'];
        resolve(typeof digest === 'string' ? digest : undefined);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.end();
  });
}
