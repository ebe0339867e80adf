import { engineOf } from '../engine.ts';
import type { Settings } from '../settings.ts';
import { strategyOf } from './rolling.ts';

/** Several workloads go together by the native engine alone. */
export function followerFaults(settings: Settings): string[] {
  const { workload, order } = settings;
  const isList = workload !== undefined && workload.followers.length > 0;
  if (!isList)
    return order === 'before' ? ['`order` has no effect, because `workload` names one workload.'] : [];
  switch (engineOf(settings)) {
    case 'argo':
      return [
        '`workload` names several workloads, but a Rollout is promoted alone; promote the others by a step of their own.',
      ];
    case 'keel':
      return [
        '`workload` names several workloads, but Keel updates every workload that it watches for the image.',
      ];
    case 'native':
      return strategyFaults(strategyOf(settings));
  }
}

function strategyFaults(strategy: ReturnType<typeof strategyOf>): string[] {
  switch (strategy) {
    case 'experiment':
      return [
        '`workload` names several workloads, but `strategy: experiment` changes none; name the one to try.',
      ];
    case 'rolling':
      return [
        '`workload` names several workloads, but `strategy: rolling` rolls one. A Deployment with `strategy: canary` or `bluegreen` takes others with it.',
      ];
    default:
      return [];
  }
}
