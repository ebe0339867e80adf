import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import { type Mirror, startMirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import { messageOf, PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { Step } from '../../../settings/steps.ts';
import type { EngineContext } from '../../shared/context.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import { show } from '../outcomes.ts';
import { settle } from '../rollout/settle.ts';
import { type Rollout, rollouts } from '../rollout/types.ts';
import type { WantedChecks } from './checks.ts';

/** What bootstrap and undo have in common. */

export interface BootstrapSpec {
  rollout: string;
  namespace: string;
  service: readonly string[];
  steps: readonly Step[];
  /** The checks for the AnalysisTemplate. */
  checks: WantedChecks;
  /** Time for the router to apply a change of the routes. */
  settleMs: number;
  timeoutMs: number;
  dryRun: boolean;
}

export type AnyResource = core.Resource<core.KubeObject>;

export async function* scale(
  mirror: Mirror,
  { cluster }: EngineContext,
  name: string,
  replicas: number,
): AsyncGenerator<PromotionEvent, void> {
  const resource = core.deployments as AnyResource;
  const found = await cluster.get(core.deployments, name);
  if (!found) throw new PromoteError('workload', `Deployment/${name} was deleted meanwhile.`);
  if (found.spec?.replicas === replicas) return;
  const object = { ...found, spec: { ...found.spec, replicas } } as core.KubeObject;
  const stored = await cluster.write({ verb: 'update', resource, object, before: found });
  if (stored) mirror.put(resource, stored);
  yield {
    type: 'write',
    verb: 'update',
    object: `Deployment/${name}`,
    message: `replicas ${found.spec?.replicas} → ${replicas}`,
  };
}

function mirrorBoth(
  { rollout, deployment = rollout }: { rollout: string; deployment?: string },
  { cluster, clock }: EngineContext,
) {
  return startMirror(
    cluster,
    [
      { resource: rollouts, names: [rollout] },
      { resource: core.deployments, names: [deployment] },
      { resource: core.services },
      { resource: core.replicaSets },
      { resource: core.endpointSlices },
    ],
    clock,
  );
}

/**
 * Runs the writes with a mirror of the Rollout and its Deployment. An error ends as stuck, because a part may
 * be written.
 *
 * @param hint what the user can do after an error
 */
export async function* withMirror(
  spec: BootstrapSpec & { deployment?: string },
  deps: EngineContext,
  hint: string,
  run: (mirror: Mirror) => AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  const mirror = await mirrorBoth(spec, deps);
  try {
    return yield* run(mirror);
  } catch (error) {
    return stuck(spec, messageOf(error), [hint]);
  } finally {
    mirror.stop();
  }
}

/** Waits for a condition. @returns whether it was met before the timeout and before the step was cancelled */
export async function until(
  mirror: Mirror,
  { timeoutMs }: BootstrapSpec,
  { clock, cancelled }: EngineContext,
  condition: () => boolean,
): Promise<boolean> {
  const end = clock.monotonic() + timeoutMs;
  for (;;) {
    const version = mirror.version();
    if (condition()) return true;
    if (clock.monotonic() >= end || cancelled.aborted) return false;
    await mirror.changed(POLL_INTERVAL_MS, cancelled, version);
  }
}

/**
 * Waits until the EndpointSlices are right, and then until the router has followed them.
 *
 * @returns whether they were right before the timeout
 */
export async function* settled(
  isServed: () => boolean,
  mirror: Mirror,
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, boolean> {
  if (!(await until(mirror, spec, deps, isServed))) return false;
  yield* settle(spec.settleMs, deps);
  return true;
}

/**
 * Waits until the controllers have recovered from an outage of the API server. A Service must not be removed
 * earlier (engines/native/converge/outage.ts says why).
 */
export async function* awaitRecovery({
  cluster,
  clock,
  cancelled,
}: EngineContext): AsyncGenerator<PromotionEvent, void> {
  const ms = cluster.outage.restlessUntil() - clock.monotonic();
  if (ms <= 0) return;
  yield { type: 'holding', reason: 'recovery', stage: '', ms };
  await clock.sleep(ms, cancelled);
}

export const notFollowed = (service: string | undefined): string =>
  `The EndpointSlices of Service/${service} do not follow its selector, so the router may still send users to pods that should end.`;

export const rolloutIn = (mirror: Mirror, name: string): Rollout | undefined =>
  mirror.all(rollouts).find(({ metadata }) => metadata?.name === name);
export const deploymentIn = (mirror: Mirror, name: string): Deployment | undefined =>
  mirror.all(core.deployments).find(({ metadata }) => metadata?.name === name);
export const serviceIn = (mirror: Mirror, name: string | undefined): Service | undefined =>
  mirror.all(core.services).find(({ metadata }) => metadata?.name === name);

export function done(spec: BootstrapSpec, reason: string): Outcome {
  return { ...subjectOf(spec), kind: 'promoted', reason, hints: [show(spec)] };
}

export function stuck(spec: BootstrapSpec, reason: string, hints: readonly string[]): Outcome {
  return { ...subjectOf(spec), kind: 'stuck', reason, hints: [...hints, show(spec)] };
}

function subjectOf({ rollout, namespace }: BootstrapSpec): Pick<Outcome, 'workload' | 'namespace'> {
  return { workload: `rollout/${rollout}`, namespace };
}
