import { engineOf } from '../engine.ts';
import type { Settings } from '../settings.ts';

/** Engines and strategies that bring no release to production by themselves, and so run no Jobs around it. */
export function hookFaults(settings: Settings): string[] {
  return (['before', 'after'] as const)
    .filter((name) => (settings[name] ?? []).length > 0)
    .flatMap((name) => reasonsAgainst(settings, `\`${name}\``));
}

function reasonsAgainst(settings: Settings, name: string): string[] {
  switch (engineOf(settings)) {
    case 'native':
      return settings.strategy === 'experiment'
        ? [
            `${name} prepares the data for a release that reaches production, but \`strategy: experiment\` removes the release again; use a check with a \`job\`.`,
          ]
        : [];
    case 'argo':
      return [
        `${name} needs the native engine, because the controller runs the steps of a Rollout; run the Job as a step of the pipeline.`,
      ];
    case 'keel':
      return [
        `${name} needs the native engine, because Keel updates the workload; run the Job as a step of the pipeline.`,
      ];
  }
}
