import type { Side } from './source/counts.ts';

/** What is measured, by its names in the cluster; a side that there is not has empty ones. */
export interface Subject {
  readonly namespace: string;
  /** The main Ingress. */
  readonly ingress: string;
  readonly sides: Readonly<Record<Side, { readonly workload: string; readonly service: string }>>;
}
