/** The version of this program: that of package.json (a test compares them), without loading that file. */
export const VERSION = '0.1.0';

/** What this program calls itself in requests. */
export const USER_AGENT = `drone-promote/${VERSION}`;
