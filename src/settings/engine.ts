import type { Settings } from './settings.ts';

/** The engine that the settings select. */
export function engineOf({
  engine,
  urls,
  workload,
}: Pick<Settings, 'engine' | 'urls' | 'workload'>): 'native' | 'argo' | 'keel' {
  if (engine !== 'auto') return engine;
  if (urls !== undefined) return 'keel';
  return workload?.kind === 'rollout' ? 'argo' : 'native';
}
