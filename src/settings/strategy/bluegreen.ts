import { checksByKind } from '../checks/job.ts';
import type { Settings } from '../settings.ts';
import type { Step } from '../steps.ts';
import { NATIVE } from '../table/native.ts';

/** The steps of a promotion. Blue/green has one weight, whose time is `keep`. */
export function stepsOf({ strategy, steps, keep }: Settings): readonly Step[] {
  if (strategy !== 'bluegreen') return steps;
  const given: readonly Step[] = isDefault(steps) ? [{ kind: 'weight', weight: 100, holdMs: 0 }] : steps;
  return given.map((step) => {
    if (step.kind === 'hold') return step;
    const { untilSure: _, ...rest } = step;
    return { ...rest, weight: 100, ...keep };
  });
}

/** Settings that blue/green has no use for, or that it contradicts. */
export function blueGreenFaults({
  strategy,
  steps,
  baseline,
  finish,
  action,
  checks = [],
}: Settings): string[] {
  if (strategy !== 'bluegreen' || !['auto', 'promote'].includes(action)) return [];
  const isShare = !isDefault(steps) && steps.some((step) => step.kind === 'weight' && step.weight < 100);
  const isTimed = steps.some(
    (step) => step.kind === 'weight' && step.weight === 100 && (step.holdMs > 0 || step.untilSure),
  );
  return [
    ...(isShare
      ? [
          '`steps` has a share of the users, but `strategy: bluegreen` switches all of them at once. Remove `steps`, or write `steps: [hold, 100%]` to wait for a person before the switch.',
        ]
      : []),
    ...(isTimed && !isShare
      ? ['`steps` gives the switch a time; with `strategy: bluegreen` that time is `keep`.']
      : []),
    ...(baseline
      ? [
          '`baseline` compares a canary with a fresh copy of stable, but with `strategy: bluegreen` no user is on stable after the switch.',
        ]
      : []),
    ...checksByKind(checks)
      .measured.filter(({ compare, measure }) => compare !== undefined || measure.kind === 'slower')
      .map(
        ({ name }) =>
          `\`checks\` compares ${name} with stable, but with \`strategy: bluegreen\` no user is on stable after the switch; use an absolute limit.`,
      ),
    ...(['shift', 'auto'].includes(finish)
      ? []
      : [
          `\`finish: ${finish}\` is for a canary; with \`strategy: bluegreen\` stable is updated while the copy carries all users.`,
        ]),
  ];
}

/** Whether the user has left the steps as they are by default. */
export function isDefault(steps: readonly Step[]): boolean {
  return JSON.stringify(steps) === JSON.stringify(NATIVE.steps.parse(NATIVE.steps.default));
}
