import type { ContainerRun } from './container-run.ts';

export type LogAnswer = { status: number; text: string };

export interface Line {
  at: number;
  text: string;
}

/** What the processes of a container have printed: the one that runs, or ran last, and the one before it. */
export interface Printed {
  current: readonly Line[];
  before: readonly Line[];
}

/**
 * What a kubelet answers for a container's log, or why there is none.
 *
 * @param printed what the container really printed; without it, lines that such a program could have written
 */
export function containerLog(
  run: ContainerRun,
  pod: string,
  query: URLSearchParams,
  printed?: Printed,
): LogAnswer {
  const previous = query.get('previous') === 'true';
  const refusal = refusalOf(run, pod, previous);
  if (refusal) return { status: 400, text: refusal };
  const lines = printed ? chosen(run, printed, previous) : linesOf(run, startOf(run, previous));
  const tail = Number(query.get('tailLines') ?? lines.length);
  const wanted = tail > 0 ? lines.slice(-tail) : [];
  const stamped = query.get('timestamps') === 'true';
  const text = wanted.map((line) => `${stamped ? `${iso(line.at)} ` : ''}${line.text}\n`).join('');
  const limit = query.get('limitBytes');
  return { status: 200, text: limit ? text.slice(0, Number(limit)) : text };
}

function refusalOf(run: ContainerRun, pod: string, previous: boolean): string | undefined {
  const about = `container "${run.name}" in pod "${pod}"`;
  if (previous) return run.last ? undefined : `previous terminated ${about} not found`;
  switch (run.stage) {
    case 'creating':
      return `${about} is waiting to start: ContainerCreating`;
    case 'pull-failed':
      return `${about} is waiting to start: image can't be pulled`;
    case 'pull-back-off':
      return `${about} is waiting to start: trying and failing to pull image`;
    case 'config-error':
      return `${about} is waiting to start: CreateContainerConfigError`;
    default:
      return undefined;
  }
}

/** While nothing runs, the process that ended last is the previous one too. */
function chosen(run: ContainerRun, { current, before }: Printed, previous: boolean): readonly Line[] {
  return previous && run.stage !== 'crash-back-off' ? before : current;
}

function startOf(run: ContainerRun, previous: boolean): number {
  return (previous ? undefined : run.startedAt) ?? run.last?.startedAt ?? 0;
}

function linesOf({ behaviour, name }: ContainerRun, at: number): Line[] {
  const { version } = behaviour;
  const start = [`${name} ${version} starting`, 'reading settings from the environment'];
  return [...start, ...ending()].map((text, index) => ({ at: at + index * 10, text }));

  function ending(): string[] {
    if (behaviour.crash) {
      return [
        'Error: cannot open database: connection refused',
        '    at openDatabase (/app/database.js:41:11)',
        '    at main (/app/main.js:17:9)',
      ];
    }
    if (behaviour.exitCode !== undefined) {
      return ['40 requests sent', behaviour.exitCode === 0 ? 'all were answered' : '3 were not answered'];
    }
    if (behaviour.oom) return ['loading the catalogue into memory'];
    if (behaviour.unready) return ['listening', 'waiting for the cache to fill'];
    const trouble = behaviour.errorPercent > 0 || behaviour.leakAfterMs !== undefined;
    return ['listening', ...(trouble ? ['error: GET / 500 internal error'] : [])];
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000000Z');
}
