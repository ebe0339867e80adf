/**
 * How a pod behaves is decided by its image's tag, in the built-in cluster and in the lab alike: `1.2.0-err50-slow300` is version 1.2.0
 * with half of its answers 500, and 300 ms slower. Words may be combined, or stand alone (`nopull`); unknown ones are part of the version.
 * `1.2.0-worker.crash` crashes in a container named `worker` alone.
 */
export interface Behaviour {
  /** The whole tag: what the pod names as its version. */
  version: string;
  /** `-errN`: percent of answers that are 500, such as 50 or 0.5. */
  errorPercent: number;
  /** `-coldN`: half of the answers are 500 for N seconds from the start on. */
  coldMs: number;
  /** `-slowN`: milliseconds that every answer takes longer. */
  slowMs: number;
  /** `-warmN`: each answer takes 500 ms longer for N seconds from the start on. */
  warmMs: number;
  /** `-leakN`: answers are 500 from N seconds after the start. */
  leakAfterMs: number | undefined;
  /** `-unready`: runs, and never becomes ready. */
  unready: boolean;
  /** `-nopull`: ImagePullBackOff. */
  nopull: boolean;
  /** `-crash`: exits at once, CrashLoopBackOff. */
  crash: boolean;
  /** `-oom`: killed for memory at once, and again. */
  oom: boolean;
  /** `-dieN`: ends by itself N seconds after it was ready, once; then it is started anew. */
  dieAfterMs: number | undefined;
  /** `-badconfig`: CreateContainerConfigError. */
  badconfig: boolean;
  /** `-exitN`: runs for a moment, prints what it found, and ends with exit code N: a check's Job. */
  exitCode: number | undefined;
  /** `-takesN`: with `-exitN`, runs for N seconds (1 without it). */
  takesMs: number;
  /** `-drainN`: serves N seconds more after it was told to end. Without it a pod stops at once, as most programs do. */
  drainMs: number;
  /** `-readyN`: milliseconds from start to ready (300 without it). */
  readyMs: number;
}

/** How much longer an answer takes, in milliseconds, so long after the start. */
export function delayMs({ slowMs, warmMs }: Pick<Behaviour, 'slowMs' | 'warmMs'>, ageMs: number): number {
  return slowMs + (ageMs < warmMs ? 500 : 0);
}

/** @param container the name of the container, for words of its own */
export function behaviourOf(image: string, container = ''): Behaviour {
  const name = image.split('@')[0] ?? image;
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  const version = colon < 0 ? 'latest' : name.slice(colon + 1);
  const own = `(?:${container}\\.)?`;
  const number = (word: string) => {
    const found = new RegExp(`(?:^|-)${own}${word}(\\d+(?:\\.\\d+)?)(?=-|$)`).exec(version);
    return found ? Number(found[1]) : undefined;
  };
  const has = (word: string) => new RegExp(`(?:^|-)${own}${word}(?=-|$)`).test(version);
  const [leak, die] = [number('leak'), number('die')];
  return {
    version,
    errorPercent: number('err') ?? 0,
    coldMs: (number('cold') ?? 0) * 1000,
    slowMs: number('slow') ?? 0,
    warmMs: (number('warm') ?? 0) * 1000,
    leakAfterMs: leak === undefined ? undefined : leak * 1000,
    unready: has('unready'),
    nopull: has('nopull'),
    crash: has('crash'),
    oom: has('oom'),
    dieAfterMs: die === undefined ? undefined : die * 1000,
    badconfig: has('badconfig'),
    exitCode: number('exit'),
    takesMs: (number('takes') ?? 1) * 1000,
    drainMs: (number('drain') ?? 0) * 1000,
    readyMs: number('ready') ?? 300,
  };
}

/** How long a pod's containers sleep in `preStop`, the longest of them: they serve on meanwhile. */
export function leaveMs(containers: readonly object[]): number {
  const seconds = containers.map((container) => {
    const { lifecycle } = container as { lifecycle?: { preStop?: { sleep?: { seconds: number } } } };
    return lifecycle?.preStop?.sleep?.seconds ?? 0;
  });
  return Math.max(0, ...seconds) * 1000;
}
