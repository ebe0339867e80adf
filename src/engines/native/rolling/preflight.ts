import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import { titleOf, type Workload } from '../../../workload/rolling/kinds.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import { rollerOf } from './rollers.ts';

/**
 * Why this workload cannot be rolled share by share, or not brought back exactly. Pure.
 *
 * @param isKept something keeps the template as it is now
 */
export function refusalsOf(
  { kind, workload: name, namespace }: PromotionSpec,
  workload: Workload,
  isKept: boolean,
): Refusal[] {
  const title = titleOf({ kind, workload: name });
  const { paused, strategy } = (workload as Deployment).spec ?? {};
  const { updateStrategy } = (workload as StatefulSet | DaemonSet).spec ?? {};
  const refusals: Refusal[] = [];
  if (kind === 'Deployment' && paused)
    refusals.push({
      code: 'paused',
      message: `${title} is paused, so its controller replaces no pod.`,
      hint: `kubectl -n ${namespace} rollout resume deployment ${name}`,
    });
  if (kind === 'Deployment' && strategy?.type === 'Recreate')
    refusals.push({
      code: 'recreate',
      message: `${title} has the strategy Recreate, so two of its versions must not run at once; a rolling update runs both.`,
      hint: 'If two versions may run at once, set the strategy to RollingUpdate.',
    });
  if (kind === 'StatefulSet' && updateStrategy?.type === 'OnDelete')
    refusals.push({
      code: 'recreate',
      message: `${title} has the update strategy OnDelete, so its controller leaves it to a person when a pod is replaced, and never completes a revision.`,
      hint: `Set it to RollingUpdate: kubectl -n ${namespace} patch statefulset ${name} -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'`,
    });
  if (rollerOf(kind).wanted(workload) === 0)
    refusals.push({
      code: 'replicas',
      message: `${title} wants 0 pods, so nothing is in production.`,
      hint: kind === 'DaemonSet' ? 'No node matches its node selector.' : 'Scale it up first.',
    });
  if (!isKept)
    refusals.push({
      code: 'workload',
      message: `Nothing keeps the template of ${title} as it is now, so it could not be brought back: its controller has not seen its last change.`,
      hint: `Try again in a moment. Look: kubectl -n ${namespace} rollout history ${kind.toLowerCase()} ${name}`,
    });
  return refusals;
}
