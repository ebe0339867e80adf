/**
 * What happened, as data. An engine is an async generator of these; log, outputs and every later report are folds over the stream,
 * so that a new report touches no engine. Durations are milliseconds, weights percent.
 */
export type PromotionEvent =
  | { type: 'plan'; title: string; lines: readonly string[] }
  | { type: 'warning'; message: string }
  | { type: 'note'; message: string }
  | { type: 'debug'; message: string }
  /** What the registry says of the release's image. */
  | { type: 'image'; image: string; message: string }
  /** A tag was set, moved or left on the release's digest, after the promotion. */
  | { type: 'tagged'; image: string; message: string }
  /** What would notice a bad release, as it was found before the start. */
  | { type: 'watchers'; watchers: readonly { name: string; state: string; detail: string }[] }
  | { type: 'started'; action: string; workload: string; from: string; to: string; by: string }
  | { type: 'resumed'; workload: string; to: string; at: string }
  | { type: 'stage'; name: string; message: string }
  | { type: 'write'; verb: 'create' | 'update' | 'delete'; object: string; message: string }
  | { type: 'weight'; weight: number; routes: readonly string[] }
  | { type: 'waiting'; message: string }
  | { type: 'holding'; message: string; ms: number }
  /** A weight is in force, as measured; or what was measured while it was held. */
  | { type: 'measured'; message: string }
  | {
      type: 'trouble';
      pod: string;
      container?: string;
      reason: string;
      message: string;
      log: readonly string[];
    }
  | { type: 'conflict'; object: string; message: string }
  | { type: 'down'; reason: string }
  | { type: 'diff'; object: string; verb: 'create' | 'update' | 'delete'; lines: readonly string[] }
  | { type: 'sent'; url: string; status: number; ms: number; message: string }
  | { type: 'answer'; url: string; accepted: boolean; message: string };
