import type { Setting } from './row.ts';

/** The settings that are enough for a promotion, as YAML, by what is promoted. The first five matter first. */
export const MINIMAL = {
  'A Deployment (native)': `repo: 192.0.2.10:5000/shop/web
kubeconfig: { from_secret: kubeconfig }
namespace: shop
workload: deployment/web
steps: [ 5% 2m, 25% 5m, hold, 50% 5m ]
`,
  'A Rollout of Argo Rollouts (argo)': `repo: 192.0.2.10:5000/shop/web
kubeconfig: { from_secret: kubeconfig }
namespace: shop
workload: rollout/web
`,
  'What Keel updates (keel)': `repo: 192.0.2.10:5000/shop/web
urls: [ http://keel:9300/v1/webhooks/native ]
username: keel
password: { from_secret: keel_password }
`,
} as const;

/** How a user could write a setting in YAML: the example of its row, or one that the type or the default gives. */
export function exampleOf({ example, type, default: fallback }: Setting<unknown>): string {
  if (example !== undefined) return example;
  if (type === 'boolean') return 'true';
  const words = type.split(', ');
  const other = words.length > 1 ? words.find((word) => word !== fallback) : undefined;
  return other ?? fallback ?? '';
}
