/** An object that knows stable's pods by the split label, and its copy for the canary's. */
export interface PolicyPair {
  kind: 'NetworkPolicy' | 'PodDisruptionBudget';
  stable: string;
  canary: string;
}
