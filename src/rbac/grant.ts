import type { Right } from '../cluster/client.ts';
import type { Settings } from '../settings/settings.ts';
import type { ControllerPlace, OptionalRights } from '../traffic/router.ts';

/** The account of a step, native or of Argo Rollouts. */
export const STEP_ACCOUNT = 'drone-promote';
/** The account of a step with Keel, which reads, and restores images. */
export const KEEL_ACCOUNT = 'drone-promote-keel';

/** Rights of one account for one purpose, all in one place: a namespace, or the cluster. They become a Role and its binding. */
export interface Grant {
  account: string;
  /**
   * The end of the Role's name, behind the account's; empty for what every step of an engine needs. One name always has the same rights,
   * so that what two workloads of a namespace need adds up.
   */
  suffix: string;
  /** A sentence or two for the reader of the Role. */
  purpose: string;
  rights: readonly Right[];
}

/** What decides which rights are needed. */
export interface RightsRequest {
  /** All settings; few of them have a part in it. */
  settings: Settings;
  /** The namespace of the workload. */
  namespace: string;
  /** The ConfigMap of the ingress controller, in `controller_namespace`. */
  controllerConfig: string;
  /** Secrets that open the registry, by name. */
  pullSecrets: readonly string[];
  /** The step may list the nodes and the pods of all namespaces, to know the room on the nodes. */
  nodeRoom: boolean;
}

/** The controller that the settings name. */
export function controllerOf({ settings, controllerConfig }: RightsRequest): ControllerPlace {
  return { namespace: settings.controller_namespace, configMap: controllerConfig };
}

/** A router's optional rights as a grant. */
export function optionalGrant(
  account: string,
  router: string,
  { name, purpose, rights }: OptionalRights,
): Grant {
  return { account, suffix: `-${router}-${name}`, purpose, rights };
}
