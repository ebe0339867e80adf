import type { Pod, Service } from 'kubernetes-types/core/v1';
import { nameOf, pods as podKind } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { canaryName, LONGEST_POD_OWNER } from '../../workload/names.ts';
import { isPodOf } from '../../workload/pods/owned-by.ts';
import { discoverServices } from '../selector/discover.ts';
import { switchedBack } from '../selector/note.ts';
import type { Discovery, RouteObjects, RoutePair, SplitPods, SplitTarget } from '../split.ts';
import { matches, widenedSelector } from './widened.ts';

/** Finds the Services, the selectors that take in the pods of both versions, and the reasons why there are none. Pure. */
export function discover(target: SplitTarget, objects: RouteObjects): Discovery {
  const { workload, pods } = target;
  const seen = discoverServices('replicas', target, objects);
  const found = seen.found.map(switchedBack);
  const others = othersThan(workload, objects.all(podKind));
  const widened = pods ? found.map((service) => widen(service, pods, others, workload)) : [];
  return {
    routes: seen.routes.map((route, index) => ({ ...route, ...bothOf(widened[index]) })),
    refusals: [
      ...seen.refusals,
      ...found.flatMap(notReady),
      ...(objects.isReadable(podKind) ? [] : [unread(workload)]),
      ...widened.flatMap((each) => ('refusal' in each ? [each.refusal] : [])),
    ],
    warnings: [...found.flatMap(skewWarnings), ...seen.warnings],
    staying: [],
  };
}

type Widened = Required<Pick<RoutePair, 'both'>> | { refusal: Refusal };

function bothOf(widened: Widened | undefined): Pick<RoutePair, 'both'> {
  return widened && 'both' in widened ? { both: widened.both } : {};
}

/** The pods that serve, or may serve, and are neither stable's nor the canary's. */
function othersThan(workload: string, all: readonly Pod[]): Pod[] {
  const own = [workload, canaryName(workload, LONGEST_POD_OWNER)];
  return all.filter(
    (pod) =>
      !own.some((name) => isPodOf(pod, name)) && !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''),
  );
}

function widen(service: Service, pods: SplitPods, others: readonly Pod[], workload: string): Widened {
  const name = `Service/${service.metadata?.name}`;
  const selector = service.spec?.selector ?? {};
  const guest = others.find((pod) => matches(pod, selector));
  if (guest) {
    return {
      refusal: {
        code: 'service',
        message: `${name} also sends to ${nameOf(podKind, guest)}, which is not of Deployment/${workload}, so that the share of the canary's pods is not known.`,
        hint: 'Split a Service that sends to this Deployment alone.',
      },
    };
  }
  const both = widenedSelector(selector, pods, others);
  if (both) return { both };
  const { [pods.label.key]: _, ...labels } = pods.labels;
  const like = Object.keys(labels).length > 0 ? others.find((pod) => matches(pod, labels)) : undefined;
  return {
    refusal: {
      code: 'selector',
      message: like
        ? `${name} cannot take in the canary's pods: without the label "${pods.label.key}", ${nameOf(podKind, like)} has all labels of these pods too.`
        : `${name} cannot take in the canary's pods: the pods of Deployment/${workload} have no label but "${pods.label.key}", which is another one on the canary's.`,
      hint: `Give the pods a label of their own, which rolls them once: kubectl patch deployment ${workload} --type=merge -p '{"spec":{"template":{"metadata":{"labels":{"serves":"${workload}"}}}}}'`,
    },
  };
}

function notReady({ metadata, spec }: Service): Refusal[] {
  if (!spec?.publishNotReadyAddresses) return [];
  return [
    {
      code: 'service',
      message: `Service/${metadata?.name} has publishNotReadyAddresses: true, so that it would send users to the canary's pods before they are ready.`,
      hint: 'Split a Service without it.',
    },
  ];
}

function unread(workload: string): Refusal {
  return {
    code: 'rights',
    message: `The credentials may not list pods, so that it is not known whether only those of Deployment/${workload} have its labels.`,
    hint: 'drone-promote rbac --traffic replicas prints the rights.',
  };
}

/** What makes the share of the users another one than that of the pods. */
function skewWarnings({ metadata, spec }: Service): string[] {
  const name = `Service/${metadata?.name}`;
  return [
    ...(spec?.sessionAffinity === 'ClientIP'
      ? [
          `${name} has sessionAffinity: ClientIP: a client stays on its pod, so that the share is one of clients, and a client keeps its pod at most until that pod leaves the Service.`,
        ]
      : []),
    ...(spec?.trafficDistribution === undefined
      ? []
      : [
          `${name} has trafficDistribution: ${spec.trafficDistribution}: users get the pods near to them, so that the share differs from zone to zone, and is all or none where only one version has a pod.`,
        ]),
  ];
}
