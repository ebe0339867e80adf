import { parseDuration, shorten } from './duration.ts';
import { attempt, faultsOf, throwFaults } from './faults.ts';

/** One step of a promotion: a weight for some time, or a hold. */
export type Step = WeightStep | HoldStep;

interface HoldStep {
  kind: 'hold';
  /** How long it lasts, at the weight of the step before; absent if it ends the run, until a person continues. */
  holdMs?: number;
  /** The names of its own checks, which run in no step that does not name them. */
  checks?: readonly string[];
}

interface WeightStep {
  kind: 'weight';
  weight: number;
  /** How long the step lasts; with `untilSure` at most. */
  holdMs: number;
  /** The step ends early once enough requests were counted to notice a difference of `detectable`. */
  untilSure?: true;
  /** So many requests may fail on the canary in this step; one more ends the promotion. */
  mostFailures?: number;
  /** The names of its own checks, which run in no step that does not name them. */
  checks?: readonly string[];
}

/** Whether the step ends the run, until a person continues. */
export function waitsForPerson(step: Step): boolean {
  return step.kind === 'hold' && step.holdMs === undefined;
}

/** The names of the checks that belong to some of the steps. */
export function checksOfSteps(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ checks = [] }) => checks));
}

const MAX_STEPS = 50;

/** The share of the users that the canary gets before the first step, in percent, and for how long at most. */
export interface FirstContact {
  weight: number;
  ms: number;
}

/**
 * Reads `1% 10s`; `false` and `0` mean that there is none.
 *
 * @throws Error if it has another form
 */
export function parseFirstContact(given: string): FirstContact | false {
  const read = shareAndTime(given, 99, '1% 10s, or false');
  return read && { weight: read.percent, ms: read.ms };
}

/** Copies of so many requests go to the canary before its first user, for so long. */
export interface MirrorStep {
  percent: number;
  ms: number;
}

/**
 * Reads `10% 30s`; `false` and `0` mean that there is none.
 *
 * @throws Error if it has another form, or no time
 */
export function parseMirror(given: string): MirrorStep | false {
  const read = shareAndTime(given, 100, '10% 30s, or false');
  if (read && read.ms === 0)
    throw new Error(`"${shorten(given.trim())}" has no time in which the copies could be judged`);
  return read;
}

function shareAndTime(given: string, most: number, example: string): MirrorStep | false {
  const text = given.trim();
  if (/^(false|no|off|0%?)$/i.test(text)) return false;
  const [, share = '', duration = ''] = /^(\d+)\s*%\s+(\S+)$/.exec(text) ?? [];
  const percent = Number(share);
  if (share === '' || percent < 1 || percent > most)
    throw new Error(`"${shorten(text)}" is not a share and a time; example: ${example}`);
  return { percent, ms: parseDuration(duration) };
}

/**
 * How long blue/green keeps the old version: `10m`, or `until-sure 10m` to end it early.
 *
 * @throws Error if it has another form
 */
export function parseKeep(given: string): Pick<WeightStep, 'holdMs' | 'untilSure'> {
  const [first = '', ...rest] = given.trim().split(/\s+/);
  const untilSure = first === 'until-sure';
  const [duration = '', ...more] = untilSure ? rest : [first, ...rest];
  if (more.length > 0) throw new Error('write a time, such as 10m, or until-sure 10m');
  return { holdMs: parseDuration(duration), ...(untilSure ? { untilSure } : {}) };
}

/**
 * Reads steps. `10% 2m` is a weight and its time, `10% until-sure 10m` a weight that may end early, `10% 2m at-most 5
 * failures` one that ends the promotion at the sixth failed request of the canary. `hold` waits for the next promotion,
 * `hold 30m` for that time. `10% 2m checks smoke latency` has checks of its own, as the last words of a step. A weight
 * without a time lasts 0 s. Weights must rise.
 *
 * @throws Error with the faults of all steps
 */
export function parseSteps(items: readonly string[]): Step[] {
  if (items.length > MAX_STEPS) throw new Error(`has ${items.length} steps; the limit is ${MAX_STEPS}`);
  const faults: string[] = [];
  let last = 0;
  const steps = items.flatMap((item, index) => {
    const step = attempt(faults, () => parseStep(item, index, items[index - 1]));
    if (step?.kind !== 'weight') return step ?? [];
    if (step.weight <= last) {
      faults.push(`${describeStep(item, index)}: weights must rise; an earlier step has ${last}%`);
    }
    last = Math.max(last, step.weight);
    return step;
  });
  if (items.length > 0 && last === 0 && faults.length === 0) faults.push('has no weight; example: 10% 2m');
  throwFaults(faults);
  return steps;
}

function parseStep(item: string, index: number, before = ''): Step {
  const where = describeStep(item, index);
  const words = item.trim().split(/\s+/);
  const at = words.indexOf('checks');
  const [first = '', ...rest] = at < 0 ? words : words.slice(0, at);
  if (first === 'pause') throw new Error(`${where}: write hold instead`);
  if (first !== 'hold' && /^[a-z]/i.test(first) && /\schecks\s/.test(before))
    throw new Error(`${where}: the names of checks are separated by spaces, not by commas`);
  try {
    const step = first === 'hold' ? parseHold(rest) : parseWeight(first, rest);
    return at < 0 ? step : { ...step, checks: parseNames(step, words.slice(at + 1)) };
  } catch (error) {
    throw new Error(`${where}: ${faultsOf(error).join()}`);
  }
}

/** The names of a step's own checks, which are its last words. */
function parseNames(step: Step, names: readonly string[]): readonly string[] {
  const late = names.find((name) => ['at-most', 'until-sure', 'checks'].includes(name));
  if (late !== undefined)
    throw new Error(
      `${late} must not stand behind checks; the order is 10% until-sure 10m at-most 5 failures checks smoke`,
    );
  if (names.length === 0) throw new Error('write the names of its checks, such as checks smoke latency');
  if (waitsForPerson(step))
    throw new Error('a hold without a time measures nothing; give it one, such as hold 30m checks smoke');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`names the check "${shorten(twice)}" twice`);
  return names;
}

function parseHold(words: readonly string[]): HoldStep {
  const [duration, ...rest] = words;
  if (rest.length > 0) throw new Error('write hold, or hold and a time, such as hold 30m');
  if (duration === undefined) return { kind: 'hold' };
  const holdMs = parseDuration(duration);
  if (holdMs === 0) throw new Error('write a time, such as hold 30m, or hold until a person continues');
  return { kind: 'hold', holdMs };
}

function parseWeight(first: string, words: readonly string[]): WeightStep {
  const at = words.indexOf('at-most');
  const [when, limit] = at < 0 ? [words, []] : [words.slice(0, at), words.slice(at + 1)];
  const untilSure = when[0] === 'until-sure';
  const [duration = untilSure ? '' : '0', ...rest] = untilSure ? when.slice(1) : when;
  if (!/^\d{1,3}%$/.test(first) || rest.length > 0) {
    throw new Error('write a weight and a time, such as 10% 2m or 10% until-sure 10m, or hold');
  }
  const weight = Number.parseInt(first, 10);
  if (weight < 1 || weight > 100) throw new Error('the weight must be from 1% to 100%');
  return {
    kind: 'weight',
    weight,
    holdMs: parseDuration(duration),
    ...(untilSure ? { untilSure } : {}),
    ...(at < 0 ? {} : { mostFailures: parseLimit(limit) }),
  };
}

/** `5 failures`. */
function parseLimit([count = '', word, ...rest]: readonly string[]): number {
  if (!/^\d{1,6}$/.test(count) || !/^failures?$/.test(word ?? '') || rest.length > 0)
    throw new Error('write how many requests may fail, such as at-most 5 failures');
  return Number(count);
}

function describeStep(item: string, index: number): string {
  return `step ${index + 1} ("${shorten(item)}")`;
}
