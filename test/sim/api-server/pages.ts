import type { Problem } from './admit.ts';
import type { Any, Store, Stored } from './store.ts';

/** What is left of a list that was begun, all at one version. */
interface Rest {
  version: number;
  items: readonly Stored[];
}

type Page = { items: readonly Stored[]; metadata: Any };

/**
 * Lists in pages, as the API server makes them of `limit` and `continue`: all pages are of the version of the first
 * one, and a token is too old (410) if the store has forgotten the changes since.
 */
export function createPages(store: Pick<Store, 'version' | 'since'>) {
  const begun = new Map<string, Rest>();

  function cut({ version, items }: Rest, limit: number): Page {
    const rest = limit > 0 ? items.slice(limit) : [];
    const metadata = { resourceVersion: String(version) };
    if (rest.length === 0) return { items, metadata };
    const token = Buffer.from(`${version}/${begun.size}`).toString('base64url');
    begun.set(token, { version, items: rest });
    return {
      items: items.slice(0, limit),
      metadata: { ...metadata, continue: token, remainingItemCount: rest.length },
    };
  }

  return (params: URLSearchParams, list: () => readonly Stored[]): Page | Problem => {
    const limit = Number(params.get('limit') ?? 0);
    const token = params.get('continue');
    if (!token) return cut({ version: store.version(), items: list() }, limit);
    const rest = begun.get(token);
    if (rest && store.since(rest.version)) return cut(rest, limit);
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    return { code: 410, reason: 'Expired', message };
  };
}
