/**
 * Durations that are the same in several files, in milliseconds. A duration that has to differ is defined in
 * the file that uses it, with the reason.
 */

/** Pause between two reads of something that another process changes, if no watch reports the change. */
export const POLL_INTERVAL_MS = 1_000;

/** Pause between two tries of a request while the API server is unreachable. */
export const RETRY_INTERVAL_MS = 1_000;

/**
 * Factor on the longest time that a router takes, if nothing shows that it has followed: its queue may be longer
 * than it ever was when measured.
 */
export const BLIND_FACTOR = 2;
