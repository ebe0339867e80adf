import { PromoteError } from '../../errors.ts';
import { bytesOf } from './body.ts';
import type { HttpAnswer } from './exchange.ts';
import type { Descriptor, Manifest } from './manifest.ts';
import { pullScope, type Source, unexpected } from './pull.ts';

const pushScope = (path: string): string => `repository:${path}:pull,push`;

/** Limit for the body of an error, which has a code and a sentence. */
const ERROR_LIMIT = 64 * 1024;

/**
 * Puts a manifest, byte for byte, under a tag or its digest.
 *
 * @throws PromoteError `tag-locked` if the registry forbids overwriting the tag
 */
export async function putManifest(
  { client, path }: Source,
  reference: string,
  manifest: Manifest,
): Promise<void> {
  const answer = await client.send({
    method: 'PUT',
    path: `/v2/${path}/manifests/${reference}`,
    headers: { 'Content-Type': manifest.mediaType },
    body: manifest.bytes,
    scopes: [pushScope(path)],
  });
  if (answer.status === 201 || answer.status === 200) {
    answer.body.destroy();
    const stored = answer.headers['docker-content-digest'];
    if (stored !== undefined && stored !== manifest.digest) {
      throw new PromoteError(
        'registry',
        `The registry at ${client.host} stored ${path}:${reference} as ${stored} instead of ${manifest.digest}.`,
      );
    }
    return;
  }
  const reason = await reasonOf(answer);
  if (
    /immutab|overwrit|already exists|TAG_INVALID/i.test(reason) ||
    answer.status === 409 ||
    answer.status === 412
  ) {
    throw new PromoteError(
      'tag-locked',
      `The registry at ${client.host} does not allow moving the tag ${path}:${reference} (${answer.status}${reason ? `: ${reason}` : ''}).`,
      {
        hint: 'Its tags are immutable. Exclude this tag from the rule, or remove it from `tags`.',
      },
    );
  }
  throw new PromoteError(
    'registry',
    `The registry at ${client.host} rejected ${path}:${reference} with ${answer.status}${reason ? `, ${reason}` : ''}.`,
  );
}

/**
 * Copies a blob from one repository to another of the same registry. Mounts it if the registry can; otherwise
 * copies it through this process.
 *
 * @returns the bytes that were copied
 */
export async function bringBlob(from: Source, to: Source, { digest, size }: Descriptor): Promise<number> {
  const { client } = to;
  const scopes = [pushScope(to.path), pullScope(from.path)];
  const query = new URLSearchParams({ mount: digest, from: from.path });
  const mounted = await client.send({
    method: 'POST',
    path: `/v2/${to.path}/blobs/uploads/?${query}`,
    headers: { 'Content-Length': '0' },
    scopes,
  });
  mounted.body.destroy();
  if (mounted.status === 201) return 0;
  const location = mounted.status === 202 ? mounted.headers.location : undefined;
  if (location === undefined) throw unexpected(client, mounted);
  const upload = new URL(location, mounted.url);
  upload.searchParams.set('digest', digest);
  const content = await client.send({
    method: 'GET',
    path: `/v2/${from.path}/blobs/${digest}`,
    scopes: [pullScope(from.path)],
  });
  if (content.status !== 200) throw unexpected(client, content);
  const stored = await client.send({
    method: 'PUT',
    path: upload.href,
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) },
    body: content.body,
    once: true,
    scopes,
  });
  if (stored.status !== 201) throw unexpected(client, stored);
  stored.body.destroy();
  return size;
}

/** The registry's reason for a refusal: `TAG_INVALID: …`. */
async function reasonOf(answer: HttpAnswer): Promise<string> {
  try {
    const parsed = JSON.parse((await bytesOf(answer, ERROR_LIMIT)).toString('utf8')) as {
      errors?: { code?: unknown; message?: unknown }[];
    };
    const [first] = parsed.errors ?? [];
    return [first?.code, first?.message]
      .filter((text) => typeof text === 'string')
      .join(': ')
      .slice(0, 300);
  } catch {
    return '';
  }
}
