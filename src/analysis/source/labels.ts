import type { StatusClass } from './counts.ts';

/** The class of an HTTP status as counters write it: `503`, or `5xx` if they have only classes. */
export function statusClassOf(status: string): StatusClass {
  const [, first] = /^([1-5])(?:\d\d|xx)$/i.exec(status) ?? [];
  return first === undefined ? 'other' : (`${first}xx` as StatusClass);
}

/** gRPC statuses that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_FAILURES = ['2', '4', '12', '13', '14', '15'];

/** Whether a gRPC status, as counters write it, is the server's fault. */
export function isGrpcFailure(status: string | undefined): boolean {
  return GRPC_FAILURES.includes(status ?? '');
}

/** The bound of a bucket, from its label `le`, in milliseconds; undefined if it is not a bound. */
export function boundMs(le: string | undefined, msPerUnit: number): number | undefined {
  if (le === undefined || le === '') return undefined;
  if (le === '+Inf') return Number.POSITIVE_INFINITY;
  const bound = Number(le) * msPerUnit;
  // 1.005 s must be 1005 ms, despite binary fractions
  return Number.isFinite(bound) ? Number(bound.toPrecision(12)) : undefined;
}
