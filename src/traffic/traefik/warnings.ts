import { ownersOf } from '../../workload/ownership.ts';
import { ingressRoutes, type Listed, listingName } from './kinds.ts';

/** What makes a tool that keeps the object as Git has it leave the weights alone. */
export function ownerWarnings(listed: Listed): string[] {
  const { resource, object } = listed;
  const [owner] = ownersOf(object);
  if (!owner) return [];
  const name = listingName(listed);
  const back = 'If it puts the weights back, the promotion comes down.';
  const path = resource === ingressRoutes ? '.spec.routes[].services' : '.spec.weighted.services';
  switch (owner.tool) {
    case 'Helm':
      return [
        `${name} was installed by Helm: an upgrade during the promotion puts the weights back, which ends it.`,
      ];
    case 'Argo CD':
      return [
        `${name} is managed by Argo CD. ${back} Its Application needs \`ignoreDifferences: [{group: traefik.io, kind: ${resource.kind}, jqPathExpressions: ["${path}"]}]\` and \`syncOptions: [RespectIgnoreDifferences=true, ApplyOutOfSyncOnly=true]\`.`,
      ];
    case 'Flux':
      return [
        `${name} is managed by Flux. ${back} During a promotion: kubectl annotate ${resource.plural} ${object.metadata?.name} kustomize.toolkit.fluxcd.io/reconcile=disabled`,
      ];
    default:
      return [`${name} is managed by ${owner.tool}. ${back}`];
  }
}

/** A cookie of the weighted level keeps users on their version; at weight 0 they go to stable (measured). */
export function stickyWarnings(listed: Listed): string[] {
  if (listed.object.spec?.weighted?.sticky === undefined) return [];
  return [
    `${listingName(listed)} keeps users on their version by a cookie (\`sticky\`): the canary gets fewer users than its weight says, and keeps those it has until its weight is 0.`,
  ];
}
