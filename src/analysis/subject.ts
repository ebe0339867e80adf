import type { Side } from './source/counts.ts';

/** One side; `pods` is a pattern for the names of its pods (RE2). */
export interface MeasuredSide {
  readonly workload: string;
  readonly service: string;
  readonly pods: string;
}

/** What is measured, by its names in the cluster. A side that does not exist has empty names. */
export interface Subject {
  readonly namespace: string;
  /** The main Ingress. */
  readonly ingress: string;
  readonly sides: Readonly<Record<Side, MeasuredSide>>;
}
