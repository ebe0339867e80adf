import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { quantityOf } from './quantity.ts';

/** Amounts by resource: `cpu` in cores, `memory` in bytes. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * What a pod asks of its node and of a quota, as the scheduler adds it up: its containers, or its largest init
 * container if that is more, and its overhead. An init container that restarts runs beside the others.
 *
 * @param of `requests`, which a limit without a request sets as well, or `limits`
 */
export function podAmounts(spec: PodSpec, of: 'requests' | 'limits'): Amounts {
  const inits = spec.initContainers ?? [];
  // the types of the client are older than this field
  const isSidecar = (one: Container) => (one as { restartPolicy?: string }).restartPolicy === 'Always';
  const beside = inits.filter(isSidecar).map((one) => amountsOf(one, of));
  const together = [...spec.containers.map((one) => amountsOf(one, of)), ...beside];
  const before = inits.filter((one) => !isSidecar(one)).map((one) => amountsOf(one, of));
  const overhead = numbers(spec.overhead ?? {});
  const names = new Set([...together, ...before, overhead].flatMap((each) => Object.keys(each)));
  return Object.fromEntries(
    [...names].map((name) => {
      const sum = together.reduce((total, each) => total + (each[name] ?? 0), 0);
      return [name, Math.max(sum, ...before.map((each) => each[name] ?? 0)) + (overhead[name] ?? 0)];
    }),
  );
}

function amountsOf({ resources }: Container, of: 'requests' | 'limits'): Amounts {
  const limits = numbers(resources?.limits ?? {});
  return of === 'limits' ? limits : { ...limits, ...numbers(resources?.requests ?? {}) };
}

function numbers(quantities: object): Amounts {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, quantity]) => [name, quantityOf(quantity as string) ?? 0]),
  );
}
