import { parseDuration, shorten } from '../duration.ts';
import { faultsOf, throwFaults } from '../faults.ts';
import { isJob, type JobCheck, parseJobCheck } from './job.ts';
import { checkOfMap, quantileOf } from './map.ts';
import { type Check, DEFAULTS } from './types.ts';

/**
 * Reads checks: short forms with commas (`success-rate >= 99.5%`, `latency-p99 <= 500ms`, `latency <=
 * stable`, `restarts <= 0`), or JSON with short forms and maps.
 *
 * @throws Error with all faults of all checks; each begins with the number of its check
 */
export function parseChecks(text: string): readonly (Check | JobCheck)[] {
  const trimmed = text.trim();
  const items = /^[[{]/.test(trimmed)
    ? jsonItems(trimmed)
    : trimmed.split(',').filter((each) => each.trim() !== '');
  const faults: string[] = [];
  const checks = items.flatMap((item, index) => {
    try {
      return readCheck(item);
    } catch (error) {
      faults.push(...faultsOf(error).map((fault) => `check ${index + 1}: ${fault}`));
      return [];
    }
  });
  const names = checks.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  throwFaults([...faults, ...[...twice].map((name) => `two checks are named "${shorten(name)}"`)]);
  return checks;
}

function readCheck(item: unknown): Check | JobCheck {
  if (typeof item === 'string') return shortForm(item);
  return isJob(item) ? parseJobCheck(item) : checkOfMap(item);
}

/** The elements of a list that Drone passes as JSON; one map is a list of one. @throws Error if it is no JSON */
export function jsonItems(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    throw new Error(`begins like JSON but is not valid JSON: ${shorten(text)}`);
  }
}

function shortForm(text: string): Check {
  const [, name = '', sign = '', bound = ''] = /^\s*([a-z0-9-]+)\s*(>=|<=)\s*(\S+)\s*$/.exec(text) ?? [];
  const quantile = quantileOf(name);
  if (name === 'success-rate' && sign === '>=') {
    return { name, measure: { kind: name }, min: percentOf(bound), max: undefined, ...DEFAULTS };
  }
  if (quantile !== undefined && sign === '<=') {
    return {
      name,
      measure: { kind: 'latency', quantile },
      min: undefined,
      max: parseDuration(bound),
      ...DEFAULTS,
    };
  }
  if (name === 'restarts' && sign === '<=') {
    return { name, measure: { kind: name }, min: undefined, max: countOf(bound), ...DEFAULTS };
  }
  if (name === 'latency' && sign === '<=' && bound === 'stable') {
    const measure = { kind: 'slower', thanMs: undefined } as const;
    return { name, measure, min: undefined, max: undefined, ...DEFAULTS, compare: 'stable' };
  }
  throw new Error(
    `"${shorten(text.trim())}" is not of the form success-rate >= 99.5%, latency-p99 <= 500ms, latency <= stable or restarts <= 0`,
  );
}

function percentOf(text: string): number {
  const value = Number(/^(\d{1,3}(?:\.\d{1,6})?)%?$/.exec(text)?.[1]);
  if (!(value >= 0 && value <= 100)) throw new Error(`"${shorten(text)}" is not a percentage such as 99.5%`);
  return value;
}

function countOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`"${shorten(text)}" is not a count such as 0`);
  return Number(text);
}
