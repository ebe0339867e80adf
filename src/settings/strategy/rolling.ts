import { checksByKind } from '../checks/job.ts';
import type { Settings } from '../settings.ts';
import type { Step } from '../steps.ts';
import { isDefault, stepsOf as ofOthers } from './bluegreen.ts';

/** Kinds whose pods nothing but a rolling update replaces. */
const ROLLED_ONLY: readonly string[] = ['statefulset', 'daemonset'];

/** Without steps of the user, one pod comes first, and is watched for a minute. Percent of the pods, rounded up. */
const ONE_POD: readonly Step[] = [{ kind: 'weight', weight: 1, holdMs: 60_000 }];

/** The strategy of a promotion: what the settings say, or what the kind of the workload needs. */
export function strategyOf({
  strategy,
  workload,
}: Pick<Settings, 'strategy' | 'workload'>): Exclude<Settings['strategy'], 'auto'> {
  if (strategy !== 'auto') return strategy;
  return ROLLED_ONLY.includes(workload?.kind ?? '') ? 'rolling' : 'canary';
}

/** The steps of a promotion. With `strategy: rolling` they are shares of the pods. */
export function stepsOf(settings: Settings): readonly Step[] {
  if (strategyOf(settings) !== 'rolling') return ofOthers(settings);
  return isDefault(settings.steps) ? ONE_POD : settings.steps;
}

/** Settings that a rolling update has no use for, and workloads that need one. */
export function rollingFaults(settings: Settings): string[] {
  const { strategy, workload, action } = settings;
  if (!['auto', 'promote', 'check', 'rollback'].includes(action)) return [];
  if (strategyOf(settings) !== 'rolling') {
    return ROLLED_ONLY.includes(workload?.kind ?? '')
      ? [
          `\`strategy: ${strategy}\` needs a copy of the workload, which a ${workload?.kind} cannot have. Remove \`strategy\`, or write \`strategy: rolling\`.`,
        ]
      : [];
  }
  return unusedFaults(settings);
}

function unusedFaults({
  baseline,
  header,
  header_pattern,
  cookie,
  finish,
  steps,
  checks = [],
}: Settings): string[] {
  const steered = Object.entries({ header, header_pattern, cookie }).filter(
    ([, value]) => value !== undefined,
  );
  const isLimited = steps.some((step) => step.kind === 'weight' && step.mostFailures !== undefined);
  return [
    ...(baseline
      ? ['`baseline` makes a copy of stable, but `strategy: rolling` makes no copy; remove it.']
      : []),
    ...steered.map(
      ([name]) =>
        `\`${name}\` sends requests to a canary, but with \`strategy: rolling\` no router tells new pods from old ones; remove it.`,
    ),
    ...(finish === 'auto'
      ? []
      : [
          `\`finish: ${finish}\` is for a canary; with \`strategy: rolling\` the steps themselves replace the pods.`,
        ]),
    ...(isLimited
      ? [
          '`steps` limits failures (at-most), which the router counts, but with `strategy: rolling` no router tells new pods from old ones; write a check.',
        ]
      : []),
    ...checksByKind(checks).jobs.map(
      ({ name }) =>
        `\`checks\` runs ${name} as a Job before the first user of a canary, but with \`strategy: rolling\` there is no such time; use a URL or a query.`,
    ),
  ];
}
