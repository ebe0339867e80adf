import type { Addon } from '../addon.ts';
import { INTERNAL } from './ingress-nginx/controller.ts';

/** Where the ingress controller takes users' requests, in the lab's network namespace. */
export const USERS_ADDRESS = '10.0.0.2';

/** The same of Traefik. ingress-nginx has port 80 of every address. */
export const TRAEFIK = { address: '10.0.0.3', port: 8000 } as const;

/** The same of the proxy of Envoy Gateway, which takes what comes to port 80 of its Service on 10080. */
export const ENVOY = { address: '10.0.0.4', port: 10_080 } as const;

/** The same of the gateway of Istio. */
export const ISTIO = { address: '10.0.0.6', port: 8081 } as const;

/** Where the addons that carry requests take them. */
const ADDRESSES: Partial<Record<Addon, { address: string; port: number }>> = {
  traefik: TRAEFIK,
  'envoy-gateway': ENVOY,
  istio: ISTIO,
  'internal-nginx': { address: USERS_ADDRESS, port: INTERNAL.port },
};

/** Where users come in; by ingress-nginx if no addon is named. */
export function usersAddress(by: Addon | undefined): { address: string; port: number } {
  const found = by === undefined ? { address: USERS_ADDRESS, port: 80 } : ADDRESSES[by];
  if (!found) throw new Error(`${by} carries no requests`);
  return found;
}
