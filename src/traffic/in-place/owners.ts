import { type KubeObject, nameOf, type Resource } from '../../cluster/resource.ts';
import { ownersOf } from '../../workload/ownership.ts';

/**
 * What makes a tool that keeps the route as Git has it leave the weights alone.
 *
 * @param path where the weights are, as a jq path
 */
export function ownerWarnings(resource: Resource<KubeObject>, route: KubeObject, path: string): string[] {
  const [owner] = ownersOf(route);
  const name = nameOf(resource, route);
  if (!owner) return [];
  switch (owner.tool) {
    case 'Helm':
      return [
        `${name} was installed by Helm: an upgrade during the promotion puts the weights back, which ends it.`,
      ];
    case 'Argo CD':
      return [
        `${name} is managed by Argo CD. If it puts the weights back, the promotion is rolled back. Its Application needs \`ignoreDifferences: [{group: ${resource.group}, kind: ${resource.kind}, jqPathExpressions: ["${path}"]}]\` and \`syncOptions: [RespectIgnoreDifferences=true, ApplyOutOfSyncOnly=true]\`.`,
      ];
    case 'Flux':
      return [
        `${name} is managed by Flux. If it puts the weights back, the promotion is rolled back. During a promotion: kubectl annotate ${resource.plural} ${route.metadata?.name} kustomize.toolkit.fluxcd.io/reconcile=disabled`,
      ];
    default:
      return [
        `${name} is managed by ${owner.tool}. If it puts the weights back, the promotion is rolled back.`,
      ];
  }
}
