import type { Settings } from './settings.ts';
import type { Engine } from './table/row.ts';

/** The engine that the settings select. */
export function engineOf({ engine, urls, workload }: Pick<Settings, 'engine' | 'urls' | 'workload'>): Engine {
  if (engine !== 'auto') return engine;
  if (urls !== undefined) return 'keel';
  return workload?.kind === 'rollout' ? 'argo' : 'native';
}
