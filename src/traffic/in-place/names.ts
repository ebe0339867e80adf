import type { KubeObject, Resource } from '../../cluster/resource.ts';

/** Of names like `HTTPRoute/web`, those of a kind, without it. */
export function namesOfKind(
  { kind }: Pick<Resource<KubeObject>, 'kind'>,
  names: readonly string[],
): string[] {
  return names.flatMap((name) => (name.startsWith(`${kind}/`) ? [name.slice(kind.length + 1)] : []));
}
