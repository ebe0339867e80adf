import type { Settings } from '../settings.ts';
import { strategyOf } from './rolling.ts';

/** Ways by which testers cannot come to the canary. */
export function testersFaults(settings: Settings): string[] {
  const { header, header_pattern } = settings;
  return [
    ...(header && header_pattern
      ? ['`header` and `header_pattern` are both set; a router takes one of them.']
      : []),
    ...previewFaults(settings),
  ];
}

/** What a preview needs, and another engine does not have. */
export function previewElsewhere(engine: 'argo' | 'keel', { preview }: Settings): string[] {
  if (preview === undefined) return [];
  return engine === 'argo'
    ? [
        '`preview` leads a host name to a canary of the native engine; a Rollout has `previewService` for that.',
      ]
    : ['`preview` leads a host name to a canary, but Keel makes none; remove it.'];
}

/** A preview leads to a copy of the workload that users do not know yet. */
function previewFaults(settings: Settings): string[] {
  const { preview, action } = settings;
  const strategy = strategyOf(settings);
  if (preview === undefined || !['auto', 'promote', 'check'].includes(action)) return [];
  switch (strategy) {
    case 'rolling':
      return [
        '`preview` leads a host name to a canary, but with `strategy: rolling` no router tells new pods from old ones; remove it.',
      ];
    case 'experiment':
      return ['`preview` leads a host name to a canary, but `strategy: experiment` has no route; remove it.'];
    default:
      return [];
  }
}
