import { createHash } from 'node:crypto';
import type { KubeObject } from '../cluster/resource.ts';
import type { Refusal } from '../errors.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from './canary-copy.ts';

/** `NAME-canary`. A name that is too long is cut, and gets a hash of the full name to stay unique. */
export function canaryName(name: string, limit: number): string {
  return nameWith(name, 'canary', limit);
}

/** `NAME-baseline`, cut in the same way. */
export function baselineName(name: string, limit: number): string {
  return nameWith(name, 'baseline', limit);
}

/** `NAME-WORD`. A name that is too long is cut, and gets a hash of the full name to stay unique. */
export function nameWith(name: string, word: string, limit: number): string {
  const whole = `${name}-${word}`;
  if (whole.length <= limit) return whole;
  const hash = hashOf(name, 6);
  const cut = name.slice(0, limit - word.length - hash.length - 2);
  // a name must not end with a dot before the dash
  return `${cut.replace(/[^A-Za-z0-9]+$/, '')}-${hash}-${word}`;
}

/** The first hex digits of a hash, for names. */
export function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/**
 * Refuses if objects with these names already exist, and this program did not create them for the workload.
 *
 * @param kind of the objects, for the message
 */
export function nameTaken(
  kind: string,
  names: readonly string[],
  objects: readonly KubeObject[],
  workload: string,
): Refusal[] {
  return objects
    .filter(({ metadata }) => names.includes(metadata?.name ?? ''))
    .filter(
      ({ metadata }) =>
        metadata?.labels?.[MANAGED_BY] !== MANAGER || metadata.labels[WORKLOAD_LABEL] !== workload,
    )
    .map(({ metadata }) => ({
      code: 'name-taken',
      message: `${kind}/${metadata?.name} already exists, but drone-promote did not create it for this workload.`,
      hint: 'The canary needs that name: rename or remove the object.',
    }));
}
