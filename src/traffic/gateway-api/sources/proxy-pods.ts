import type { Pod } from 'kubernetes-types/core/v1';
import type { PodLog } from '../../pod-log/follow-pod.ts';
import type { Routed } from '../routes.ts';

/** The controller of Envoy Gateway, as routes name it in their status. */
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
/** Where Envoy Gateway puts its proxies by default; otherwise they are in the namespace of the Gateway. */
export const PROXY_NAMESPACE = 'envoy-gateway-system';
/** Selects all proxies of Envoy Gateway. */
export const PROXY_LABELS = 'app.kubernetes.io/component=proxy,app.kubernetes.io/managed-by=envoy-gateway';

const OWNING = 'gateway.envoyproxy.io/owning-gateway-';
/** One set of proxies serves all Gateways of a class (`mergeGateways`). */
const OWNING_CLASS = 'gateway.envoyproxy.io/owning-gatewayclass';
const CONTAINER = 'envoy';
/** Envoy's own default. */
const FLUSH_MS = 10_000;

/** A Gateway, by name. */
export interface GatewayName {
  namespace: string;
  name: string;
}

/** The Gateways of Envoy Gateway that a route belongs to. */
export function envoyGatewaysOf({ route }: Routed): GatewayName[] {
  const own = route.metadata?.namespace ?? '';
  return (route.status?.parents ?? []).flatMap(({ controllerName, parentRef }) => {
    const { kind = 'Gateway', name, namespace = own } = parentRef ?? {};
    return controllerName === CONTROLLER && kind === 'Gateway' && name !== undefined
      ? [{ namespace, name }]
      : [];
  });
}

/** The proxies among the pods that serve one of these Gateways. */
export function proxiesOf(pods: readonly Pod[], gateways: readonly GatewayName[]): Pod[] {
  return pods.filter(({ metadata, status }) => {
    const labels = metadata?.labels ?? {};
    const isOf = gateways.some(
      ({ namespace, name }) => labels[`${OWNING}namespace`] === namespace && labels[`${OWNING}name`] === name,
    );
    return status?.phase === 'Running' && (isOf || labels[OWNING_CLASS] !== undefined);
  });
}

/** The log of a proxy. A pod that is being deleted still serves users. */
export function logOf({ metadata }: Pod): PodLog {
  const { uid = '', namespace = '', name = '' } = metadata ?? {};
  return { key: uid, namespace, pod: name, container: CONTAINER };
}

/** How long a proxy may keep lines, in milliseconds (`--file-flush-interval-msec`). */
export function flushMsOf({ spec }: Pod): number {
  const { args = [] } = spec?.containers.find(({ name }) => name === CONTAINER) ?? {};
  const at = args.findIndex((arg) => /^--file-flush-interval-msec(=|$)/.test(arg));
  const value = args[at]?.split('=')[1] ?? args[at + 1];
  const ms = Number(value);
  return at >= 0 && ms > 0 ? ms : FLUSH_MS;
}
