import { type JobRun, mapOf, parseJobRun, text } from '../checks/job.ts';
import { jsonItems } from '../checks/parse.ts';
import { shorten } from '../duration.ts';
import { attempt, combinedError, faultsOf, throwFaults } from '../faults.ts';

/** A Job that runs before or after the release reaches production, such as a migration of a database. */
export interface Hook {
  name: string;
  job: JobRun;
  /** The container of the workload that the Job runs like; undefined for the first that gets the release. */
  container: string | undefined;
  /** What takes the Job's work back if the release is rolled back; undefined if nothing does. */
  undo: JobRun | undefined;
}

const OWN_KEYS = ['name', 'container', 'undo'];

/**
 * Reads `before` or `after`: JSON, a list of maps with a `name` and what a Job runs.
 *
 * @throws Error with all faults of all Jobs; each begins with the number of its Job
 */
export function parseHooks(given: string): readonly Hook[] {
  const trimmed = given.trim();
  if (trimmed === '' || trimmed === '[]') return [];
  if (!/^[[{]/.test(trimmed))
    throw new Error('must be a list of maps, such as [{ name: migrate, command: [ ./migrate, up ] }]');
  const faults: string[] = [];
  const hooks = jsonItems(trimmed).flatMap((item, index): Hook[] => {
    try {
      return [hookOf(item)];
    } catch (error) {
      faults.push(...faultsOf(error).map((fault) => `Job ${index + 1}: ${fault}`));
      return [];
    }
  });
  const names = hooks.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  throwFaults([...faults, ...[...twice].map((name) => `two Jobs are named "${shorten(name)}"`)]);
  return hooks;
}

function hookOf(item: unknown): Hook {
  const given = mapOf('a Job', item);
  const faults: string[] = [];
  const name = attempt(faults, () => text('name', given.get('name')));
  if (name === undefined && faults.length === 0) faults.push('`name` is missing');
  const container = attempt(faults, () => text('container', given.get('container')));
  const job = attempt(faults, () => runOf(given, 'a Job', OWN_KEYS));
  const undo = attempt(faults, () =>
    given.get('undo') === undefined ? undefined : runOf(mapOf('undo', given.get('undo')), '`undo`'),
  );
  if (name === undefined || job === undefined || faults.length > 0) throw combinedError(faults);
  return { name, job, container, undo };
}

/** Without a command, a Job of the release's image would start the app itself, and would not end. */
function runOf(given: Map<string, unknown>, where: string, others: readonly string[] = []): JobRun {
  const run = parseJobRun(given, where, others);
  if (run.command.length + run.args.length === 0 && run.image === undefined)
    throw new Error(`\`command\` is missing in ${where}; without it, the Job would start the app`);
  return run;
}
