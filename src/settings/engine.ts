import type { Settings } from './settings.ts';

/** Which engine the settings ask for. */
export function engineOf({
  engine,
  urls,
  workload,
}: Pick<Settings, 'engine' | 'urls' | 'workload'>): 'native' | 'argo' | 'keel' {
  if (engine !== 'auto') return engine;
  if (urls !== undefined) return 'keel';
  return workload?.kind === 'rollout' ? 'argo' : 'native';
}
