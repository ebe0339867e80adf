import type { Rollout } from './rollout/types.ts';

/** What may be asked of a Rollout's controller. */
export type Command = 'promote' | 'promote-full' | 'abort' | 'retry' | 'nudge';

/** A merge patch of the Rollout, or of its status. */
export interface Patch {
  subresource?: 'status';
  body: object;
}

/** At a Rollout that was aborted for another release: the hash of its own, and that one's image. */
const MAKES_WAY = 'drone-promote/makes-way';

/** The release that an abort is to make way for; of the release that is under way alone. */
export function makesWayFor({ metadata, status }: Rollout): string | undefined {
  const [hash, image] = metadata?.annotations?.[MAKES_WAY]?.split(' ') ?? [];
  return hash === status?.currentPodHash ? image : undefined;
}

const mark = (value: string | null): Patch => ({
  body: { metadata: { annotations: { [MAKES_WAY]: value } } },
});

/**
 * The requests of a command, as `kubectl argo rollouts` sends them (argoproj/argo-rollouts, pkg/kubectl-argo-rollouts/cmd), with two
 * differences. What moves steps carries the resourceVersion that it was decided on: a step index that is out of date would skip steps.
 * And a Rollout that is only paused by hand is only resumed: the plugin skips a step with it.
 *
 * @param wayFor the image of the release that an abort is to make way for
 */
export function patchesOf(command: Command, rollout: Rollout, wayFor?: string): Patch[] {
  const { metadata, spec } = rollout;
  const conditional = metadata?.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {};
  const status = (body: object, sure: boolean): Patch => ({
    subresource: 'status',
    body: sure ? { metadata: conditional, status: body } : { status: body },
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
      // at any time, and as often as it takes
      return [
        ...(wayFor === undefined ? [] : [mark(`${rollout.status?.currentPodHash} ${wayFor}`)]),
        status({ abort: true }, false),
      ];
    case 'retry':
      return [status({ abort: false }, true), ...(metadata?.annotations?.[MAKES_WAY] ? [mark(null)] : [])];
    case 'nudge':
      // any change of the object makes the controller look at it again
      return [
        { body: { metadata: { annotations: { 'drone-promote/nudge': metadata?.resourceVersion ?? '' } } } },
      ];
  }
}

/** What `promote` changes in the status; undefined where nothing keeps the Rollout. */
function promotion({ spec, status }: Rollout): object | undefined {
  if (!status?.pauseConditions?.length) return undefined;
  const { canary } = spec?.strategy ?? {};
  const inconclusive =
    status.canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive' ||
    // where the pause alone is cleared, as the plugin does it, the controller runs another Experiment
    status.pauseConditions.some(({ reason }) => reason === 'InconclusiveExperiment');
  if (canary && inconclusive && status.controllerPause) {
    const steps = canary.steps?.length ?? 0;
    const next = Math.min((status.currentStepIndex ?? 0) + 1, steps);
    return { pauseConditions: null, controllerPause: false, currentStepIndex: next };
  }
  return { pauseConditions: null };
}

/** The controller ignores a full promotion where there is nothing to promote. */
function isUpdating({ status }: Rollout): boolean {
  return status?.currentPodHash !== status?.stableRS;
}
