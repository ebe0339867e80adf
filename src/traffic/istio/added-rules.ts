import type { HttpRule } from './kinds.ts';

/** The name of a testers' rule, by which it is found again. A name means nothing to Istio. */
export function testersName(workload: string, at: number): string {
  return `drone-promote.${workload}.testers.${at}`;
}

/** The name of a rule that copies requests. */
export function mirrorName(workload: string, at: number): string {
  return `drone-promote.${workload}.mirror.${at}`;
}

/** Whether this program has added the rule to copy requests for the workload. */
export function isMirrorOf({ name = '' }: HttpRule, workload: string): boolean {
  const prefix = `drone-promote.${workload}.mirror.`;
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}

/** Whether this program has added the rule, for whatever workload: for testers, or to copy requests. */
export function isAdded({ name = '' }: HttpRule): boolean {
  return /^drone-promote\..+\.(testers|mirror)\.\d+$/.test(name);
}

/** Whether this program has added the rule for the workload. */
export function isTestersOf({ name = '' }: HttpRule, workload: string): boolean {
  const prefix = `drone-promote.${workload}.testers.`;
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}
