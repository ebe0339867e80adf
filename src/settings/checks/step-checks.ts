import { shorten } from '../duration.ts';
import { nearestName } from '../nearest.ts';
import type { Settings } from '../settings.ts';
import { checksOfSteps, type Step } from '../steps.ts';
import { strategyOf } from '../strategy/rolling.ts';
import { checksByKind, type JobCheck } from './job.ts';
import type { Check } from './types.ts';

type AnyCheck = Check | JobCheck;

/** The steps of a promotion and of a rollback, by the name of their setting. */
function stepLists({ steps, rollback_steps = [] }: Settings): [setting: string, steps: readonly Step[]][] {
  return [
    ['`steps`', steps],
    ['`rollback_steps`', rollback_steps],
  ];
}

/** The settings without the checks that only the steps of the other way name: of a rollback, or of a promotion. */
export function withOwnChecks(settings: Settings, isRollback: boolean): Settings {
  const { checks, steps, rollback_steps = [] } = settings;
  const [own, other] = (isRollback ? [rollback_steps, steps] : [steps, rollback_steps]).map(checksOfSteps);
  if (!checks || !other?.size) return settings;
  return { ...settings, checks: checks.filter(({ name }) => own?.has(name) || !other.has(name)) };
}

/** A Rollout's steps are run by its controller, which knows nothing of `checks`. */
export function rolloutStepFaults(settings: Settings): string[] {
  return stepLists(settings).flatMap(([setting, steps]) =>
    checksOfSteps(steps).size === 0
      ? []
      : [
          `${setting} gives a step checks of its own, which the controller of a Rollout does not know; write an analysis step into the Rollout, or remove \`checks\` from the step.`,
        ],
  );
}

/** Keel updates a workload without steps. */
export function keelStepFaults(settings: Settings): string[] {
  return stepLists(settings).flatMap(([setting, steps]) =>
    checksOfSteps(steps).size === 0
      ? []
      : [
          `${setting} gives a step checks of its own, but an update by Keel has no steps; without them \`checks\` watch for the time of \`bake\`.`,
        ],
  );
}

/** Checks that a step names and cannot have, for the native engine. */
export function stepCheckFaults(settings: Settings): string[] {
  const { checks = [] } = settings;
  return stepLists(settings).flatMap(([setting, steps]) => {
    const named = [...checksOfSteps(steps)];
    if (named.length === 0) return [];
    if (setting === '`steps`' && strategyOf(settings) === 'experiment')
      return [
        `${setting} gives a step checks of its own, but \`strategy: experiment\` has one step, in which all \`checks\` run; remove \`checks\` from the step.`,
      ];
    return [
      ...named.flatMap((name) => nameFaults(setting, name, checks)),
      ...withoutUsers(setting, steps, settings),
      ...seriesFaults(setting, steps, checks),
    ];
  });
}

function nameFaults(setting: string, name: string, checks: readonly AnyCheck[]): string[] {
  const named = checks.filter((each) => each.name === name);
  if (named.length === 0) return [`${setting} names the check "${shorten(name)}", ${unknown(name, checks)}`];
  return checksByKind(named).measured.some(({ measure }) => measure.kind === 'slower')
    ? [
        `${setting} names the check ${name}, which the judge compares with stable in all steps together; a step can have latency-p99 <= 500ms, or a query.`,
      ]
    : [];
}

function unknown(name: string, checks: readonly AnyCheck[]): string {
  if (checks.length === 0) return 'but `checks` is not set.';
  const names = checks.map((each) => each.name);
  const spaced = names.find((each) => each.split(/\s+/).includes(name));
  if (spaced !== undefined)
    return `but a step cannot name "${shorten(spaced)}", because names are separated by spaces; rename it, such as "${shorten(spaced.trim().replace(/\s+/g, '-'))}".`;
  const near = nearestName(name, names);
  return near === undefined
    ? `which \`checks\` does not have; it has ${names.map(shorten).join(', ')}.`
    : `which \`checks\` does not have; did you mean "${near}"?`;
}

/** Before the first weight no user is on the release, and a rolling update has no pod of it. */
function withoutUsers(setting: string, steps: readonly Step[], settings: Settings): string[] {
  const first = steps.findIndex(({ kind }) => kind === 'weight');
  const named = [...checksOfSteps(steps.slice(0, Math.max(0, first)))];
  if (named.length > 0 && strategyOf(settings) === 'rolling')
    return [
      `${setting} gives a hold before the first weight checks of its own, but with \`strategy: rolling\` no pod runs the release before that.`,
    ];
  const { measured } = checksByKind(settings.checks ?? []);
  return measured
    .filter(
      ({ name, measure: { kind } }) => named.includes(name) && ['success-rate', 'latency'].includes(kind),
    )
    .map(
      ({ name }) =>
        `${setting} names the check ${name} before the first weight; it counts users' requests, and no user is on the release then.`,
    );
}

/** Kayenta's judge is asked at the end of a weight. */
function seriesFaults(setting: string, steps: readonly Step[], checks: readonly AnyCheck[]): string[] {
  const ofHolds = checksOfSteps(steps.filter(({ kind }) => kind === 'hold'));
  return checksByKind(checks)
    .measured.filter(({ name, series }) => series !== undefined && ofHolds.has(name))
    .map(
      ({ name }) =>
        `${setting} names the check ${name} at a hold, but its series are compared at the end of a weight; name it there.`,
    );
}
