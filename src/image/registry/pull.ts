import { PromoteError } from '../../errors.ts';
import { bytesOf } from './body.ts';
import type { RegistryClient } from './client.ts';
import type { HttpAnswer } from './exchange.ts';
import {
  ACCEPT,
  type Descriptor,
  digestOf,
  MANIFEST_LIMIT,
  type Manifest,
  readManifest,
} from './manifest.ts';

/** Limits for the pages of a list of tags, and for all tags. */
const MOST_PAGES = 100;
const MOST_TAGS = 100_000;
const PAGE_LIMIT = 4 * 1024 * 1024;

/** A repository of a registry, to read images from. */
export interface Source {
  client: RegistryClient;
  /** `shop/web` */
  path: string;
}

export const pullScope = (path: string): string => `repository:${path}:pull`;

/**
 * A manifest by tag or digest; undefined if there is none. @throws PromoteError `manifest` if it is not valid
 */
export async function getManifest(
  { client, path }: Source,
  reference: string,
): Promise<Manifest | undefined> {
  const answer = await client.send({
    method: 'GET',
    path: `/v2/${path}/manifests/${reference}`,
    headers: { Accept: ACCEPT },
    scopes: [pullScope(path)],
  });
  if (answer.status === 404) return drop(answer);
  if (answer.status !== 200) throw unexpected(client, answer);
  const bytes = await bytesOf(answer, MANIFEST_LIMIT);
  return readManifest(
    bytes,
    answer.headers['content-type'] ?? '',
    reference.includes(':') ? reference : undefined,
  );
}

/** The digest of a tag, as the registry reports it; undefined if there is no such tag. */
export async function headDigest({ client, path }: Source, tag: string): Promise<string | undefined> {
  const answer = await client.send({
    method: 'HEAD',
    path: `/v2/${path}/manifests/${tag}`,
    headers: { Accept: ACCEPT },
    scopes: [pullScope(path)],
  });
  answer.body.destroy();
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw unexpected(client, answer);
  const digest = answer.headers['docker-content-digest'];
  // a few registries leave it out, so it is computed from the manifest
  return digest ?? (await getManifest({ client, path }, tag))?.digest;
}

/** All tags; undefined if there is no such repository, or its tags cannot be listed. */
export async function listTags({ client, path }: Source): Promise<string[] | undefined> {
  const tags: string[] = [];
  let next: string | undefined = `/v2/${path}/tags/list?n=1000`;
  for (let pages = 0; next !== undefined && pages < MOST_PAGES && tags.length < MOST_TAGS; pages++) {
    const answer: HttpAnswer = await client.send({ method: 'GET', path: next, scopes: [pullScope(path)] });
    if (answer.status !== 200) return drop(answer);
    const body = await bytesOf(answer, PAGE_LIMIT);
    tags.push(...tagsIn(body));
    next = nextPage(answer.headers.link, answer.url);
  }
  return tags;
}

/** The referrers of a digest (OCI referrers API); undefined if the registry lacks the API. */
export async function listReferrers(
  { client, path }: Source,
  digest: string,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = [];
  let next: string | undefined = `/v2/${path}/referrers/${digest}`;
  for (let pages = 0; next !== undefined && pages < MOST_PAGES; pages++) {
    const answer: HttpAnswer = await client.send({
      method: 'GET',
      path: next,
      headers: { Accept: ACCEPT },
      scopes: [pullScope(path)],
    });
    if (answer.status !== 200) return drop(answer);
    const bytes = await bytesOf(answer, MANIFEST_LIMIT);
    found.push(...readManifest(bytes, answer.headers['content-type'] ?? '').manifests);
    next = nextPage(answer.headers.link, answer.url);
  }
  return found;
}

/**
 * A blob of a few kilobytes. @throws PromoteError `registry` if it is missing, too large, or has another
 * digest
 */
export async function getBlob(
  { client, path }: Source,
  { digest }: Pick<Descriptor, 'digest'>,
  limit: number,
): Promise<Buffer> {
  const answer = await client.send({
    method: 'GET',
    path: `/v2/${path}/blobs/${digest}`,
    scopes: [pullScope(path)],
  });
  if (answer.status !== 200) throw unexpected(client, answer);
  const bytes = await bytesOf(answer, limit);
  if (digestOf(bytes) !== digest)
    throw new PromoteError(
      'registry',
      `The registry at ${client.host} sent bytes that do not match ${digest}.`,
    );
  return bytes;
}

/** The error for an answer that the specification does not allow here. */
export function unexpected({ host }: RegistryClient, { status, body }: HttpAnswer): PromoteError {
  body.destroy();
  return new PromoteError('registry', `The registry at ${host} gave an unexpected answer: ${status}.`);
}

function drop({ body }: HttpAnswer): undefined {
  body.destroy();
  return undefined;
}

function tagsIn(body: Buffer): string[] {
  try {
    const { tags } = JSON.parse(body.toString('utf8')) as { tags?: unknown };
    return Array.isArray(tags)
      ? tags.filter((tag): tag is string => typeof tag === 'string' && tag.length <= 128)
      : [];
  } catch {
    return [];
  }
}

/** `</v2/shop/web/tags/list?last=1.2.0&n=1000>; rel="next"`; only on the registry itself. */
function nextPage(link: string | undefined, from: URL): string | undefined {
  const target = /^\s*<([^<>]{1,2000})>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  const url = target === undefined ? null : URL.parse(target, from.href);
  return url && url.host === from.host ? `${url.pathname}${url.search}` : undefined;
}
