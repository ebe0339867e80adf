import { isStatus } from './api-error.ts';
import type { KubeObject } from './resource.ts';
import type { Requests } from './transport/requests.ts';

/** The objects of a list at one resourceVersion, from which a watch can continue. */
export interface List<T> {
  items: T[];
  resourceVersion: string;
}

interface Page<T> {
  items: T[] | null;
  metadata: { resourceVersion: string; continue?: string };
}

/** So many objects are read at once, so that the memory does not grow with what is not kept of a list. */
const PAGE = '250';

/**
 * Reads the objects of a kind page by page, all at one resourceVersion. If the server has forgotten that version
 * before the last page (410), reads all again as one page.
 *
 * @param keep what to keep of an object; undefined to drop it
 */
export async function listPages<T extends KubeObject>(
  { ask }: Requests,
  path: string,
  selection: Record<string, string>,
  { keep = (object) => object, signal }: { keep?: (object: T) => T | undefined; signal?: AbortSignal },
): Promise<List<T>> {
  const items: T[] = [];
  const read = async (params: Record<string, string>) => {
    const page = await ask<Page<T>>('GET', path, { params }, signal ? { signal } : {});
    for (const item of page.items ?? []) {
      const kept = keep(item);
      if (kept) items.push(kept);
    }
    return page.metadata;
  };
  const { fieldSelector } = selection;
  // a name selects one object at most
  const limit: Record<string, string> = fieldSelector?.startsWith('metadata.name=') ? {} : { limit: PAGE };
  let metadata = await read({ ...selection, ...limit });
  while (metadata.continue) {
    try {
      metadata = await read({ ...selection, ...limit, continue: metadata.continue });
    } catch (error) {
      if (!isStatus(error, 410)) throw error;
      items.length = 0;
      metadata = await read(selection);
    }
  }
  return { items, resourceVersion: metadata.resourceVersion };
}
