import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container } from 'kubernetes-types/core/v1';
import { canaryDeployment, type SplitLabel } from './canary-copy.ts';

/** The label of a baseline's pods that stand behind the stable Services; it is in no Service's selector. */
export const ROLE_LABEL = 'drone-promote/role';
export const BASELINE = 'baseline';

/**
 * A copy of the stable version whose pods stand behind the stable Services, with stable's users: all labels
 * of stable's pods, and the role beside them, by which its own Deployment selects them, and counters tell
 * them apart.
 *
 * Its pods are told to end while users are on them. They leave the Services at once, and serve for
 * `leaveSeconds` more, as long as the router takes to follow (a `preStop` sleep, Kubernetes 1.30). A
 * container that has a `preStop` of its own keeps it.
 */
export function baselineDeployment(
  stable: Deployment,
  name: string,
  { key, stable: value }: SplitLabel,
  replicas: number,
  leaveSeconds: number,
): Deployment {
  const copy = canaryDeployment(stable, name, { key, stable: value, canary: value }, {}, replicas);
  const role = { [ROLE_LABEL]: BASELINE };
  const { template, selector, ...spec } = copy.spec ?? { selector: {}, template: {} };
  const { containers = [], terminationGracePeriodSeconds = 30, ...pod } = template.spec ?? {};
  const { [key]: _, ...selected } = selector.matchLabels ?? {};
  const matchLabels =
    stable.spec?.selector.matchLabels?.[key] === undefined ? selected : { ...selected, [key]: value };
  return {
    ...copy,
    spec: {
      ...spec,
      selector: { ...selector, matchLabels: { ...matchLabels, ...role } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...role } },
        spec: {
          ...pod,
          // the sleep counts against the grace
          terminationGracePeriodSeconds: terminationGracePeriodSeconds + leaveSeconds,
          containers: containers.map((container) => leaving(container, leaveSeconds)),
        },
      },
    },
  };
}

function leaving(container: Container, seconds: number): Container {
  if (container.lifecycle?.preStop) return container;
  // the types of this library are older than the field
  const preStop = { sleep: { seconds } } as NonNullable<Container['lifecycle']>['preStop'];
  return { ...container, lifecycle: { ...container.lifecycle, ...(preStop ? { preStop } : {}) } };
}
