import type { Clock } from '../../clock.ts';
import { isStatus } from '../../cluster/api-error.ts';
import type { Connection } from '../../cluster/connect.ts';
import { followLog, type LogRequest } from '../../cluster/follow-log.ts';
import { messageOf } from '../../errors.ts';
import { createLineCutter, createPosition, type StampedLine } from './lines.ts';

/** The log of one pod of a router. */
export interface PodLog {
  /** The pod's uid, because another pod may get the same name. */
  readonly key: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** The log of one pod while it is followed. */
export interface PodFollower {
  /** Why the log cannot be read at the moment; undefined while it is read. */
  unread(): string | undefined;
  stop(): void;
}

/**
 * A log that is silent for this long is opened again from its last line on. There are two reasons: until
 * Kubernetes 1.29 the node followed the old file of a rotated log (kubernetes/kubernetes#115701), and a
 * connection whose other end is gone is silent too. The time doubles while nothing new arrives, because the
 * service is then probably idle.
 */
const SILENT_MS = 3_000;
const SILENT_AT_MOST_MS = 24_000;
/**
 * If there is no answer for this long, the server or the node is unreachable, because the request asks for a
 * line that exists.
 */
const NO_ANSWER_MS = 5_000;
const WATCH_MS = 1_000;
/** Pause between two tries after a failure; doubles up to the maximum. */
const RETRY_MS = 250;
const RETRY_AT_MOST_MS = 8_000;
/** Pause after a request was forbidden, because rights seldom change soon. */
const DENIED_MS = 30_000;

/**
 * Follows one log until it is stopped. It reconnects after restarts of the container or the API server,
 * rotations and cuts. It takes each complete line since the beginning exactly once.
 *
 * @param sinceMs for a pod that started later: how long ago the promotion began, because its log is read from
 * then on
 */
export function followPod(
  connection: Connection,
  clock: Clock,
  log: PodLog,
  { sinceMs, take }: { sinceMs: number | undefined; take: (line: StampedLine) => void },
): PodFollower {
  const stopping = new AbortController();
  const { signal } = stopping;
  const position = createPosition();
  const startedAt = clock.monotonic() - (sinceMs ?? 0);
  let isFirst = sinceMs === undefined;
  let unansweredSince: number | undefined;
  let unread: string | undefined = `the log of pod ${log.pod} has not answered yet.`;

  function from(): LogRequest['from'] {
    const last = position.last();
    if (last !== undefined) return { sinceTime: last };
    // the last line only shows that the log exists; it was written before the start
    if (isFirst) return { tailLines: 1 };
    return { sinceSeconds: Math.ceil((clock.monotonic() - startedAt) / 1000) + 1 };
  }

  /** Follows until the log ends or is silent for too long. */
  async function readOnce(silentMs: number, current: Attempt): Promise<void> {
    const ending = new AbortController();
    const cutter = createLineCutter();
    let heardAt = clock.monotonic();
    unansweredSince ??= heardAt;
    const start = from();
    position.reopen();
    const onLine = (line: StampedLine) => {
      const isOld = isFirst && 'tailLines' in start;
      isFirst = false;
      if (line.stamp === '' || !position.isNew(line.stamp) || isOld) return;
      current.hasNew = true;
      take(line);
    };
    const watch = async () => {
      while (!ending.signal.aborted) {
        const now = clock.monotonic();
        if (now - (unansweredSince ?? now) >= NO_ANSWER_MS)
          unread = `the log of pod ${log.pod} does not answer.`;
        const left = heardAt + silentMs - now;
        if (left <= 0) ending.abort();
        else await clock.sleep(Math.min(left, WATCH_MS), ending.signal);
      }
    };
    const watching = watch();
    try {
      const ends = AbortSignal.any([signal, ending.signal]);
      await followLog(connection, clock, { ...log, from: start }, ends, {
        onOpen() {
          current.isOpen = true;
          unread = undefined;
          unansweredSince = undefined;
          heardAt = clock.monotonic();
        },
        onData(chunk) {
          heardAt = clock.monotonic();
          cutter.push(chunk, onLine);
        },
      });
    } finally {
      ending.abort();
      await watching;
    }
  }

  async function run(): Promise<void> {
    let silentMs = SILENT_MS;
    let retryMs = RETRY_MS;
    while (!signal.aborted) {
      const attempt: Attempt = { isOpen: false, hasNew: false };
      const begun = clock.monotonic();
      let waitMs = 0;
      try {
        await readOnce(silentMs, attempt);
        silentMs = Math.min(silentMs * 2, SILENT_AT_MOST_MS);
        // if a log ends as soon as it is opened, wait before the next try
        if (clock.monotonic() - begun < RETRY_MS) waitMs = retryMs;
      } catch (error) {
        // a cut loses nothing: the next connection sends what was written in the meantime
        if (!attempt.isOpen) unread = reasonOf(error, log);
        waitMs = isDenied(error) ? DENIED_MS : retryMs;
      }
      if (attempt.hasNew) [silentMs, retryMs] = [SILENT_MS, RETRY_MS];
      else if (waitMs > 0) retryMs = Math.min(retryMs * 2, RETRY_AT_MOST_MS);
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    }
  }

  run().catch((error: unknown) => {
    unread = messageOf(error);
  });
  return { unread: () => unread, stop: () => stopping.abort() };
}

interface Attempt {
  isOpen: boolean;
  hasNew: boolean;
}

function isDenied(error: unknown): boolean {
  return isStatus(error, 401) || isStatus(error, 403);
}

function reasonOf(error: unknown, { namespace }: PodLog): string {
  if (!isStatus(error, 403)) return messageOf(error);
  return `${messageOf(error)} The access log needs the right to \`get\` pods/log in namespace ${namespace}.`;
}
