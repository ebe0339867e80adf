/**
 * The address of a Rollout's page in the dashboard of `kubectl argo rollouts dashboard` (argo-rollouts,
 * ui/src/app/App.tsx, and its `--root-path`).
 *
 * @param dashboard the address of the dashboard, with its root path if that is not `/rollouts`
 */
export function pageOf(
  dashboard: string | undefined,
  { rollout, namespace }: { rollout: string; namespace: string },
): string | undefined {
  if (dashboard === undefined) return undefined;
  const url = new URL(dashboard);
  const root = url.pathname.replace(/\/+$/, '') || '/rollouts';
  return new URL(`${root}/rollout/${encodeURIComponent(namespace)}/${encodeURIComponent(rollout)}`, url).href;
}
