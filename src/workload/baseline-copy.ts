import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container } from 'kubernetes-types/core/v1';
import { canaryDeployment, type SplitLabel } from './canary-copy.ts';

/** The label of a baseline's pods that serve behind the stable Services. No Service's selector has it. */
export const ROLE_LABEL = 'drone-promote/role';
export const BASELINE = 'baseline';

/**
 * A copy of the stable version whose pods serve stable's users behind the stable Services. They have all
 * labels of stable's pods, and the role label as well, by which their own Deployment selects them and
 * counters tell them apart. Its pods are deleted while they serve users. They leave the Services at once, and
 * serve for `leaveSeconds` more, until the router follows (a `preStop` sleep, Kubernetes 1.30). A container
 * that already has a `preStop` keeps it.
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
          // the sleep is part of the grace period
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
