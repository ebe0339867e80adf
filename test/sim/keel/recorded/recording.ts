import { readFileSync } from 'node:fs';
import type { Any } from '../../api-server/store.ts';

/** Something that was done between two exchanges. */
export type Step =
  /** A workload is made, or made anew. */
  | {
      apply: string;
      kind: string;
      images: Record<string, string>;
      initImages?: Record<string, string>;
      annotations: Record<string, string>;
      labels?: Record<string, string>;
    }
  | { delete: string }
  /** Another hand sets the tag of a Deployment. */
  | { image: [name: string, tag: string] }
  | { annotate: [name: string, annotations: Record<string, string | null>] }
  | { webhook: { name: string; tag: string } }
  /** The next updates lose against another writer. */
  | { lose: number }
  | { restart: true };

/** One exchange with the real Keel 0.22.1, and what the cluster was after it. */
export interface Recording {
  case: string;
  before?: Step[];
  request: { method: string; path: string; headers: Record<string, string>; body: unknown };
  response: { status: number | number[] | null; type: string | null; body: unknown };
  after: Any;
}

/**
 * The 401 exchanges recorded with Keel 0.22.1 (built from its tag) on a real kube-apiserver 1.36, on 2026-11-23, in their order. Left out:
 * times of answers, resourceVersions, the rest of long lists. Added: `before`, which the recorder did and did not write down; it follows
 * from the cases' names and from what the workloads were afterwards. So does the password of four GETs.
 */
export function recordings(): Recording[] {
  const text = readFileSync(new URL('./recordings.jsonl', import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
