import type { Progress } from '../../../progress.ts';
import { stepName } from '../progress.ts';
import { gateOf, pauseMs } from './gate.ts';
import { phaseOf } from './phase.ts';
import type { Rollout } from './types.ts';

/** What a Rollout says of its promotion; undefined if its newest version is stable, or none is yet. Pure. */
export function progressOf(rollout: Rollout): Progress | undefined {
  const {
    stableRS = '',
    currentPodHash = '',
    currentStepIndex,
    canary,
    pauseConditions,
  } = rollout.status ?? {};
  if (stableRS === '' || stableRS === currentPodHash) return undefined;
  const phase = phaseOf(rollout);
  const stages = (rollout.spec?.strategy?.canary?.steps ?? []).map(stepName);
  const since = Date.parse(pauseConditions?.[0]?.startTime ?? '');
  const pausedMs = pauseMs(rollout);
  const weight = canary?.weights?.canary?.weight;
  return {
    state: phase.name === 'Degraded' ? 'degraded' : gateOf(rollout) ? 'held' : 'promoting',
    id: currentPodHash,
    stage: [phase.name, phase.message].filter(Boolean).join(': '),
    number: Math.min((currentStepIndex ?? 0) + 1, stages.length),
    stages,
    ...(weight === undefined ? {} : { weight }),
    ...(Number.isNaN(since) ? {} : { since }),
    ...(Number.isNaN(since) || pausedMs === 0 ? {} : { endsAt: since + pausedMs }),
    watchers: [],
    way: [],
  };
}
