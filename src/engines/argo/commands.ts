import type { Rollout } from './rollout/types.ts';

/** The commands that a Rollout's controller accepts. */
export type Command = 'promote' | 'promote-full' | 'abort' | 'retry' | 'nudge';

/** A merge patch of the Rollout, or of its status. */
export interface Patch {
  subresource?: 'status';
  body: object;
}

/**
 * Annotation of a Rollout that was aborted for another release: its own pod hash, and the image of the other.
 */
const DISPLACED_BY = 'drone-promote/makes-way';

/**
 * The image of the release that displaces the current one; undefined if there is none. Annotations about
 * earlier releases do not count.
 */
export function displacingImage({ metadata, status }: Rollout): string | undefined {
  const [hash, image] = metadata?.annotations?.[DISPLACED_BY]?.split(' ') ?? [];
  return hash === status?.currentPodHash ? image : undefined;
}

const annotate = (value: string | null): Patch => ({
  body: { metadata: { annotations: { [DISPLACED_BY]: value } } },
});

/**
 * The requests of a command, as `kubectl argo rollouts` sends them (argoproj/argo-rollouts,
 * pkg/kubectl-argo-rollouts/cmd), with two differences. A request that moves steps has the resourceVersion of
 * the decision, because an outdated step index would skip steps. A Rollout that is only paused by hand is
 * only resumed; the plugin also skips a step.
 *
 * @param newImage for an abort: the image of the release that displaces this one
 */
export function patchesOf(command: Command, rollout: Rollout, newImage?: string): Patch[] {
  const { metadata, spec } = rollout;
  const precondition = metadata?.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {};
  const status = (body: object, isConditional: boolean): Patch => ({
    subresource: 'status',
    body: isConditional ? { metadata: precondition, status: body } : { status: body },
  });
  const resume: Patch[] = spec?.paused ? [{ body: { spec: { paused: false } } }] : [];
  switch (command) {
    case 'promote': {
      const body = promotion(rollout);
      return [...(body ? [status(body, true)] : []), ...resume];
    }
    case 'promote-full':
      return [...(isUpdating(rollout) ? [status({ promoteFull: true }, true)] : []), ...resume];
    case 'abort':
      // without a precondition: an abort is right in every state
      return [
        ...(newImage === undefined ? [] : [annotate(`${rollout.status?.currentPodHash} ${newImage}`)]),
        status({ abort: true }, false),
      ];
    case 'retry':
      return [
        status({ abort: false }, true),
        ...(metadata?.annotations?.[DISPLACED_BY] ? [annotate(null)] : []),
      ];
    case 'nudge':
      // any change of the object makes the controller look at it again
      return [
        { body: { metadata: { annotations: { 'drone-promote/nudge': metadata?.resourceVersion ?? '' } } } },
      ];
  }
}

/** The change of the status for `promote`; undefined if the Rollout has no pause. */
function promotion({ spec, status }: Rollout): object | undefined {
  if (!status?.pauseConditions?.length) return undefined;
  const { canary } = spec?.strategy ?? {};
  const inconclusive =
    status.canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive' ||
    // if only the pause is cleared, as the plugin does, the controller runs another Experiment
    status.pauseConditions.some(({ reason }) => reason === 'InconclusiveExperiment');
  if (canary && inconclusive && status.controllerPause) {
    const steps = canary.steps?.length ?? 0;
    const next = Math.min((status.currentStepIndex ?? 0) + 1, steps);
    return { pauseConditions: null, controllerPause: false, currentStepIndex: next };
  }
  return { pauseConditions: null };
}

/** Whether there is a release to promote; without one the controller ignores a full promotion. */
function isUpdating({ status }: Rollout): boolean {
  return status?.currentPodHash !== status?.stableRS;
}
