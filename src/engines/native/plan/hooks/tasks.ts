import type { JobCheck } from '../../../../settings/checks/job.ts';
import type { Hook } from '../../../../settings/hooks/hooks.ts';
import { jobName } from '../names.ts';
import type { Plan } from '../plan.ts';
import type { HookRun, PromotionRecord } from '../record.ts';

/** One Job of `before` or `after`, or the undo of one. */
export interface HookTask {
  /** Unique in the plan, and never changes: the record and the name of the Job are made of it. */
  key: string;
  when: 'before' | 'after';
  /** The name that the user gave. */
  name: string;
  isUndo: boolean;
  check: JobCheck;
  /** The container of the workload that it runs like; undefined for the first that gets the release. */
  container: string | undefined;
}

const NONE = { before: [], after: [] } as const;

/** The Jobs of the way up, in their order. */
export function tasksOf({ hooks: { before, after } = NONE }: Pick<Plan, 'hooks'>): HookTask[] {
  const of = (hooks: readonly Hook[], when: HookTask['when']) =>
    hooks.map(({ name, job, container }): HookTask => {
      const key = `${when} ${name}`;
      return { key, when, name, isUndo: false, check: { name: key, job }, container };
    });
  return [...of(before, 'before'), ...of(after, 'after')];
}

/** What takes the work of a Job back; undefined if nothing does. */
export function undoOf({ hooks = NONE }: Pick<Plan, 'hooks'>, task: HookTask): HookTask | undefined {
  const of: readonly Hook[] = hooks[task.when];
  const hook = of.find(({ name }) => name === task.name);
  if (!hook?.undo) return undefined;
  const key = `undo ${task.key}`;
  return { ...task, key, isUndo: true, check: { name: key, job: hook.undo } };
}

/** Whether the plan has Jobs around the release. */
export function hasTasks({ hooks }: Pick<Plan, 'hooks'>): boolean {
  return hooks !== undefined;
}

export function runOf({ ran = [] }: Pick<PromotionRecord, 'ran'>, { key }: HookTask): HookRun | undefined {
  return ran.find((run) => run.key === key);
}

/** The record with the run of a Job in another state. */
export function withRun(record: PromotionRecord, run: HookRun): PromotionRecord {
  const { ran = [] } = record;
  const isKnown = ran.some(({ key }) => key === run.key);
  return { ...record, ran: isKnown ? ran.map((each) => (each.key === run.key ? run : each)) : [...ran, run] };
}

/** The tasks that may have changed data, the last one first: those are to be undone. */
export function tasksToUndo({ plan, ran = [] }: Pick<PromotionRecord, 'plan' | 'ran'>): HookTask[] {
  const begun = ran.filter(({ state }) => state !== 'never').map(({ key }) => key);
  return tasksOf(plan)
    .filter(({ key }) => begun.includes(key))
    .reverse();
}

/** The name of the Job. */
export function hookJobName({ plan, id }: Pick<PromotionRecord, 'plan' | 'id'>, { key }: HookTask): string {
  return jobName(plan, key, id);
}

/** A task, for people: `Job migrate (before)`, `the undo of migrate (before)`. */
export function taskText({ name, when, isUndo }: HookTask): string {
  return `${isUndo ? 'the undo of' : 'Job'} ${name} (${when})`;
}

/** How long all Jobs of a promotion may take, there and back, in milliseconds. */
export function longestOf(plan: Plan): number {
  const tasks = tasksOf(plan);
  const all = [...tasks, ...tasks.flatMap((task) => undoOf(plan, task) ?? [])];
  return all.reduce((sum, { check }) => sum + check.job.timeoutMs, 0);
}

/** What a rollback left of the Jobs' work, as sentences; empty if none has run. */
export function undoneLines(record: PromotionRecord): string[] {
  return tasksToUndo(record).map((task) => {
    const undo = undoOf(record.plan, task);
    const who = `Job ${task.name} (${task.when})`;
    if (!undo) return `${who} has no \`undo\`: what it did stays.`;
    return runOf(record, undo)?.byHand
      ? `What ${who} did was undone by hand.`
      : `What ${who} did was undone by its \`undo\`.`;
  });
}
