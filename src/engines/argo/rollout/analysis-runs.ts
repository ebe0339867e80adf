import type { Snapshot } from './snapshot.ts';
import { type AnalysisRun, type Experiment, hashOf, type MetricResult } from './types.ts';

/** A run that did not pass. */
export interface FailedRun {
  name: string;
  phase: string;
  /** The reason, from the controller. */
  message: string;
  /** The measurements, a line each. */
  lines: string[];
}

/** Number of measurements to show; the last ones. */
const SHOWN = 5;
const BAD = ['Failed', 'Error', 'Inconclusive'];

/** The Experiments and AnalysisRuns of the new template. */
export function runsOf(seen: Snapshot): (AnalysisRun | Experiment)[] {
  return [...seen.experiments, ...seen.analysisRuns].filter((each) => isOfTemplate(each, seen));
}

/** The name of a run with its kind, `AnalysisRun/web-1`. Objects from a list have no kind of their own. */
export function nameIn({ experiments }: Snapshot, run: AnalysisRun | Experiment): string {
  return `${experiments.some((each) => each === run) ? 'Experiment' : 'AnalysisRun'}/${run.metadata?.name}`;
}

/** The runs of the new template that did not pass. */
export function failedRuns(seen: Snapshot): FailedRun[] {
  const isOurs = (each: AnalysisRun | Experiment) => isBad(each) && isOfTemplate(each, seen);
  return [
    ...seen.experiments.filter(isOurs).map(experimentOf),
    ...seen.analysisRuns.filter(isOurs).map(runOf),
  ];
}

/**
 * The runs that did not pass, as lines.
 *
 * @param alreadyReported text that the log has already. A run repeats the message of what failed in it
 */
export function failedLines(seen: Snapshot, alreadyReported = ''): string[] {
  let known = alreadyReported;
  return failedRuns(seen).flatMap((run) => {
    const isKnown = run.message === '' || known.includes(run.message);
    known += run.message;
    return [isKnown ? `${run.name} ${run.phase}` : headOf(run), ...run.lines];
  });
}

/**
 * A snapshot without the runs that had failed before. An earlier attempt of the same template may have
 * failed, and its measurements are no reason now.
 */
export function withoutRuns(seen: Snapshot, before: ReadonlySet<string | undefined>): Snapshot {
  const isNew = ({ metadata }: AnalysisRun | Experiment) => !before.has(metadata?.uid);
  return {
    ...seen,
    analysisRuns: seen.analysisRuns.filter(isNew),
    experiments: seen.experiments.filter(isNew),
  };
}

/** The uids of all runs that did not pass. */
export function badRuns({ analysisRuns, experiments }: Snapshot): Set<string | undefined> {
  return new Set([...analysisRuns, ...experiments].filter(isBad).map(({ metadata }) => metadata?.uid));
}

function isBad({ status }: AnalysisRun | Experiment): boolean {
  return BAD.includes(status?.phase ?? '');
}

/**
 * Whether a run is about the new template. A run of an Experiment has no label of its own, so that of its
 * Experiment counts.
 */
function isOfTemplate(run: AnalysisRun | Experiment, { rollout, experiments }: Snapshot): boolean {
  const owners = (run.metadata?.ownerReferences ?? []).map(({ uid }) => uid);
  const experiment = experiments.find(({ metadata }) => owners.includes(metadata?.uid ?? ''));
  const hash = hashOf(run) ?? (experiment && hashOf(experiment));
  return hash !== undefined && hash === rollout?.status?.currentPodHash;
}

function experimentOf({ metadata, status }: Experiment): FailedRun {
  const templates = (status?.templateStatuses ?? []).filter((each) => each.message);
  return {
    name: `Experiment/${metadata?.name}`,
    phase: status?.phase ?? '',
    message: status?.message ?? '',
    lines: templates.map((each) => `  ${each.name} ${each.status ?? ''}: ${each.message}`),
  };
}

function runOf({ metadata, spec, status }: AnalysisRun): FailedRun {
  const bad = (status?.metricResults ?? []).filter((each) => BAD.includes(each.phase ?? ''));
  return {
    name: `AnalysisRun/${metadata?.name}`,
    phase: status?.phase ?? '',
    message: status?.message ?? '',
    lines: bad.map((each) => {
      const metric = spec?.metrics?.find((one) => one.name === each.name);
      return `  ${measured(each)}${expected(metric ?? {})}`;
    }),
  };
}

/** The measurements of a metric: `errors Failed (3 successful, 2 failed): 0.01, 0.4 Failed, 0.5 Failed`. */
function measured(result: MetricResult): string {
  const counts = (['successful', 'failed', 'inconclusive', 'error'] as const)
    .filter((kind) => result[kind])
    .map((kind) => `${result[kind]} ${kind}`);
  const values = (result.measurements ?? []).slice(-SHOWN).map(({ value, phase, message }) => {
    const text = value === undefined || value === '' ? describeNoValue(message) : value;
    return phase === 'Successful' ? text : `${text} ${phase}`;
  });
  // a repeated error is the same each time
  return `${result.name} ${result.phase} (${counts.join(', ')}): ${[...new Set(values)].join(', ')}`;
}

/** Why there is no value. Explains the controller's message for `result[0]` if a query returned no series. */
function describeNoValue(message = 'nothing'): string {
  return message.includes('slice index out of range')
    ? `${message} (the query returned no series; a condition can test \`len(result) > 0\`)`
    : message;
}

/** The conditions: `; passes if result < 0.1`. */
function expected(metric: { successCondition?: string; failureCondition?: string }): string {
  const { successCondition, failureCondition } = metric;
  const describe = (word: string, condition: string | undefined) =>
    condition ? [`${word} if ${condition.trim().replaceAll(/\s+/g, ' ')}`] : [];
  const all = [...describe('passes', successCondition), ...describe('fails', failureCondition)];
  return all.length > 0 ? `; ${all.join(', ')}` : '';
}

/** The first line about a run: `AnalysisRun/web-1 Failed: Metric "errors" assessed Failed`. */
export function headOf({ name, phase, message }: FailedRun): string {
  return message ? `${name} ${phase}: ${message}` : `${name} ${phase}`;
}
