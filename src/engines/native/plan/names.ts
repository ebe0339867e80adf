import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

/** `NAME-canary`; too long a name is cut, with a hash of the whole, so that two do not meet. */
export function canaryName(name: string, limit: number): string {
  return nameWith(name, 'canary', limit);
}

/** `NAME-baseline`, cut likewise. */
export function baselineName(name: string, limit: number): string {
  return nameWith(name, 'baseline', limit);
}

/** The name with a word behind it; too long a name is cut, with a hash of the whole, so that two do not meet. */
function nameWith(name: string, word: string, limit: number): string {
  const whole = `${name}-${word}`;
  if (whole.length <= limit) return whole;
  const hash = hashOf(name, 6);
  const cut = name.slice(0, limit - word.length - hash.length - 2);
  // a name that is cut behind a dot would not be one any more
  return `${cut.replace(/[^A-Za-z0-9]+$/, '')}-${hash}-${word}`;
}

/** The first digits of a hash, for names. */
function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** The Job of a check in a promotion: the same name for a run that takes the promotion up again. */
export function jobName({ workload }: Plan, check: string, id: string): string {
  const word = (text: string, length: number) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, length)
      .replace(/^-+|-+$/g, '');
  const parts = [word(workload, 26), word(check, 20), hashOf(`${id} ${check}`, 8)];
  return parts.filter((part) => part !== '').join('-');
}

/** The value of the split label on the pods of a check: no Service of the workload selects it. */
export function testLabel({ label }: Plan): string {
  return nameWith(label.stable, 'test', 63);
}
