/** How long the app takes for its answer to a request of such a path, in milliseconds: 3000 for `/?takes=3000`, else 0. */
export function takesMs(path: string): number {
  return Number(/[?&]takes=(\d+)/.exec(path)?.[1] ?? 0);
}
