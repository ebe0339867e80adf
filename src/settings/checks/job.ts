import { parseDuration, shorten } from '../duration.ts';
import { attempt, combinedError, readEach, throwFaults } from '../faults.ts';
import type { Check } from './types.ts';

/**
 * A check by a Job in the cluster, before the canary has users. The exit code is the result. Durations in
 * milliseconds.
 */
export interface JobCheck {
  name: string;
  job: JobRun;
}

/** What a Job runs. Durations in milliseconds. */
export interface JobRun {
  /** Default: the image of the release. */
  image: string | undefined;
  /** Default: the image's own command. */
  command: readonly string[];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** If it is not set, the pod of a check gets no token. */
  serviceAccount: string | undefined;
  timeoutMs: number;
}

/** The keys of a Job, as a user writes them. */
const JOB_KEYS = ['image', 'command', 'args', 'env', 'service_account', 'timeout'] as const;
const TIMEOUT_MS = 10 * 60_000;

/** Splits the checks into those that are measured during the promotion, and those that run as Jobs. */
export function checksByKind(checks: readonly (Check | JobCheck)[]): { measured: Check[]; jobs: JobCheck[] } {
  return {
    measured: checks.filter((check): check is Check => !isJob(check)),
    jobs: checks.filter((check): check is JobCheck => isJob(check)),
  };
}

/** Whether a check runs as a Job. Takes the written or the parsed form. */
export function isJob(item: unknown): item is object {
  return typeof item === 'object' && item !== null && 'job' in item;
}

/**
 * Reads a check with a `job`.
 *
 * @throws Error with everything that is wrong with it
 */
export function parseJobCheck(item: object): JobCheck {
  const given = new Map<string, unknown>(Object.entries(item));
  const faults = [...given.keys()]
    .filter((key) => key !== 'name' && key !== 'job')
    .map(
      (key) =>
        `\`${shorten(key)}\` cannot be used with \`job\`, because the exit code of the Job is the result`,
    );
  const name = attempt(faults, () => nameOf(given.get('name') ?? 'job'));
  const job = attempt(faults, () => parseJobRun(mapOf('job', given.get('job')), '`job`'));
  if (name === undefined || job === undefined || faults.length > 0) throw combinedError(faults);
  return { name, job };
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('`name` must be a string');
  return value;
}

/**
 * Reads what a Job runs.
 *
 * @param where the map, for people: `job` in backquotes
 * @param others keys that the caller reads itself
 * @throws Error with everything that is wrong with it
 */
export function parseJobRun(
  job: ReadonlyMap<string, unknown>,
  where: string,
  others: readonly string[] = [],
): JobRun {
  const known: readonly string[] = [...others, ...JOB_KEYS];
  const faults = [...job.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => `unknown key "${shorten(key)}" in ${where}; the keys are ${known.join(', ')}`);
  const read = <T>(key: string, parse: (key: string, value: unknown) => T) =>
    attempt(faults, () => parse(key, job.get(key)));
  const value = {
    image: read('image', text),
    command: read('command', texts) ?? [],
    args: read('args', texts) ?? [],
    env: read('env', variables) ?? {},
    serviceAccount: read('service_account', text),
    timeoutMs: read('timeout', timeout) ?? TIMEOUT_MS,
  };
  throwFaults(faults);
  return value;
}

function timeout(key: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(scalar(key, value));
  if (ms < 1000) throw new Error('`timeout` must be at least 1s');
  return ms;
}

/** @throws Error if the value is no map */
export function mapOf(key: string, value: unknown): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`\`${key}\` must be a map`);
  return new Map(Object.entries(value));
}

/** A string that is not empty, if there is one. @throws Error if it is something else */
export function text(key: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '')
    throw new Error(`\`${key}\` must be a string that is not empty`);
  return value;
}

/**
 * A list of arguments for the container. A string is not split, because that would mean guessing at its
 * quotes.
 */
function texts(key: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`\`${key}\` must be a list, such as [sh, -c, "make smoke"]`);
  return value.map((each) => scalar(key, each));
}

function variables(key: string, value: unknown): Record<string, string> {
  return Object.fromEntries(readEach([...mapOf(key, value ?? {})], variable));
}

function variable([name, value]: [string, unknown]): [string, string] {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name))
    throw new Error(`"${shorten(name)}" in \`env\` is not a valid variable name`);
  return [name, scalar(`env.${name}`, value)];
}

/** A scalar as text, because YAML turns some texts into numbers and booleans. */
function scalar(key: string, value: unknown): string {
  if (typeof value === 'object' || value === undefined)
    throw new Error(`\`${shorten(key)}\` must be a string`);
  return String(value);
}
