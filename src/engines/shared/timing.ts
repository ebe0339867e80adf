/**
 * Durations that several files mean to be the same, in milliseconds. A duration that differs for a reason is
 * defined where it is used, with that reason.
 */

/** Between two looks at something that another process changes, if no watch reports the change. */
export const POLL_INTERVAL_MS = 1_000;

/** Between two tries of a request while the API server is unreachable. */
export const RETRY_INTERVAL_MS = 1_000;
