import type { HttpRule } from './kinds.ts';

/** The name of a testers' rule, by which it is found again. A name means nothing to Istio. */
export function testersName(workload: string, at: number): string {
  return `drone-promote.${workload}.testers.${at}`;
}

/** Whether this program has added the rule, for whatever workload. */
export function isTesters({ name = '' }: HttpRule): boolean {
  return /^drone-promote\..+\.testers\.\d+$/.test(name);
}

/** Whether this program has added the rule for the workload. */
export function isTestersOf({ name = '' }: HttpRule, workload: string): boolean {
  const prefix = `drone-promote.${workload}.testers.`;
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}
