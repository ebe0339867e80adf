import type { Service } from 'kubernetes-types/core/v1';
import { services as kind } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs } from '../../workload/canary-copy.ts';
import { ownersOf } from '../../workload/ownership.ts';
import type { Discovery, RouteObjects, SplitTarget } from '../split.ts';
import { noteOf } from './note.ts';

/** The Services of the namespace that can have pods, without those that this program made. */
export function selecting(objects: Pick<RouteObjects, 'all'>): Service[] {
  return objects
    .all(kind)
    .filter((service) => !isOurs(service) && Object.keys(service.spec?.selector ?? {}).length > 0);
}

/** The Services that are split, and why their selectors cannot be written; what their owners do to it. Pure. */
export function discoverServices(
  router: string,
  { workload, services }: SplitTarget,
  objects: RouteObjects,
): Pick<Discovery, 'routes' | 'refusals' | 'warnings'> & { found: Service[] } {
  const found = selecting(objects).filter(({ metadata }) => services.includes(metadata?.name ?? ''));
  return {
    found,
    routes: found.map(({ metadata }) => ({ stable: metadata?.name ?? '', canary: metadata?.name ?? '' })),
    refusals: [
      ...(found.length === 0 ? [noService(router, services)] : []),
      ...found.flatMap((service) => [...unswitchable(service), ...foreign(service, workload)]),
    ],
    warnings: found.flatMap(ownerWarnings),
  };
}

function noService(router: string, services: readonly string[]): Refusal {
  return {
    code: 'service',
    message: `No Service of the namespace with a selector is named ${services.join(' or ') || 'by the settings'}.`,
    hint: `The router "${router}" switches the selector of a Service.`,
  };
}

/** Why a switch would not reach all users, or would lose some of them. */
function unswitchable(service: Service): Refusal[] {
  const { clusterIP, type, externalTrafficPolicy, internalTrafficPolicy } = service.spec ?? {};
  const name = `Service/${service.metadata?.name}`;
  if (clusterIP === 'None') {
    return [
      {
        code: 'service',
        message: `${name} is headless: its users keep the addresses of pods that DNS has given to them, so that a switch of its selector does not move them.`,
        hint: 'Let the users come by a Service with a cluster IP, or by a route of Gateway API.',
      },
    ];
  }
  if (type === 'ExternalName') {
    return [
      {
        code: 'service',
        message: `${name} is an ExternalName: it is a name in DNS, and sends to no pod.`,
        hint: 'Name the Service that selects the pods by `service`.',
      },
    ];
  }
  return [
    ...(externalTrafficPolicy === 'Local'
      ? [onNodes(name, 'externalTrafficPolicy', "the load balancer's health checks")]
      : []),
    ...(internalTrafficPolicy === 'Local' ? [onNodes(name, 'internalTrafficPolicy', 'nothing')] : []),
  ];
}

function onNodes(name: string, field: string, who: string): Refusal {
  return {
    code: 'service',
    message: `${name} has ${field}: Local, so that a node sends only to its own pods. A switch moves all pods at once, and ${who} would tell the nodes without a new pod in time.`,
    hint: `Set ${field} to Cluster for the Service, or let a route of Gateway API split its users.`,
  };
}

/** Another promotion has switched the Service. */
function foreign(service: Service, workload: string): Refusal[] {
  const note = noteOf(service);
  if (!note || note.workload === workload) return [];
  return [
    {
      code: 'foreign-canary',
      message: `A promotion of Deployment/${note.workload} has switched the selector of Service/${service.metadata?.name}.`,
      hint: 'Wait for its end, or abort it.',
    },
  ];
}

/** A tool that would put the selector back. */
function ownerWarnings(service: Service): string[] {
  const [owner] = ownersOf(service);
  const name = `Service/${service.metadata?.name}`;
  const then = 'If it puts the selector back, the promotion is rolled back.';
  switch (owner?.tool) {
    case undefined:
      return [];
    case 'Helm':
      return [
        `${name} was installed by Helm: an upgrade during the promotion puts the selector back, which ends it.`,
      ];
    case 'Argo CD':
      return [
        `${name} is managed by Argo CD. ${then} Its Application needs \`ignoreDifferences: [{kind: Service, name: ${service.metadata?.name}, jsonPointers: [/spec/selector]}]\` and \`syncOptions: [RespectIgnoreDifferences=true, ApplyOutOfSyncOnly=true]\`.`,
      ];
    case 'Flux':
      return [
        `${name} is managed by Flux. ${then} During a promotion: kubectl annotate service ${service.metadata?.name} kustomize.toolkit.fluxcd.io/reconcile=disabled`,
      ];
    default:
      return [`${name} is managed by ${owner?.tool}. ${then}`];
  }
}
