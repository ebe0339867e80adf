import { formatDuration } from '../../../../duration.ts';
import type { Refusal } from '../../../../errors.ts';
import { titleOf, type Workload } from '../../../../workload/rolling/kinds.ts';
import type { Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';
import { tasksOf, undoOf } from './tasks.ts';

/** The Jobs of the plan; no key for none, so that the plan is that of an older version. */
export function plannedHooks({ before, after }: PromotionSpec): Pick<Plan, 'hooks'> {
  return before.length + after.length > 0 ? { hooks: { before, after } } : {};
}

/** Jobs that name a container which the workload does not have. */
export function hookRefusals(
  { kind, workload, before, after }: PromotionSpec,
  { spec }: Workload,
): Refusal[] {
  const { containers = [], initContainers = [] } = spec?.template.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  return [...before, ...after].flatMap(({ name, container }): Refusal[] =>
    container === undefined || names.includes(container)
      ? []
      : [
          {
            code: 'container',
            message: `Job ${name} is to run like container "${container}", but ${titleOf({ kind, workload })} has ${names.join(', ')}.`,
            hint: `Set \`container\` of Job ${name} to one of these, or remove it: then the Job runs like the container that gets the release.`,
          },
        ],
  );
}

/** The Jobs, for the plan in the log. */
export function hookLines(plan: Plan): string[] {
  const isRolled = plan.strategy === 'rolling';
  const isLeading = plan.followers?.some(({ kind }) => kind !== 'CronJob') ?? false;
  const whose = isRolled ? '' : ` of stable${isLeading ? ' and of its followers' : ''}`;
  const text = (when: 'before' | 'after') =>
    tasksOf(plan)
      .filter((task) => task.when === when)
      .map((task) => {
        const way = undoOf(plan, task) ? 'with an undo' : 'without an undo';
        return `${task.name} (${formatDuration(task.check.job.timeoutMs)} at most, ${way})`;
      })
      .join(', then ');
  return [
    ...(plan.hooks?.before.length
      ? [
          `before: Job ${text('before')}, before ${isRolled ? 'any pod gets the release' : 'anything of the release exists'}`,
        ]
      : []),
    ...(plan.hooks?.after.length
      ? [`after: Job ${text('after')}, when all pods${whose} run the release`]
      : []),
  ];
}
