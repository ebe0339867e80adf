import { type AnalysisRun, hashOf, type MetricResult } from './kinds.ts';
import type { Seen } from './seen.ts';

/** A run that did not pass, with what was measured; one line each. */
export interface FailedRun {
  name: string;
  phase: string;
  lines: string[];
}

/** As many of the last measurements are shown. */
const SHOWN = 5;
const BAD = ['Failed', 'Error', 'Inconclusive'];

/** The AnalysisRuns and Experiments of the new template that did not pass. */
export function failedRuns({ rollout, analysisRuns, experiments }: Seen): FailedRun[] {
  const hash = rollout?.status?.currentPodHash;
  const isBad = (each: { status?: { phase?: string } }) => BAD.includes(each.status?.phase ?? '');
  const runs = analysisRuns.filter((run) => isBad(run) && (hashOf(run) ?? hash) === hash).map(describeRun);
  const failed = experiments
    .filter((each) => isBad(each) && (hashOf(each) ?? hash) === hash)
    .map(({ metadata, status }): FailedRun => {
      const name = `Experiment/${metadata?.name}`;
      const phase = status?.phase ?? '';
      const templates = (status?.templateStatuses ?? []).filter((each) => each.message);
      return {
        name,
        phase,
        lines: [
          sentence(name, phase, status?.message),
          ...templates.map((each) => `  ${each.name} ${each.status ?? ''}: ${each.message}`),
        ],
      };
    });
  return [...runs, ...failed];
}

function describeRun({ metadata, status }: AnalysisRun): FailedRun {
  const name = `AnalysisRun/${metadata?.name}`;
  const phase = status?.phase ?? '';
  const bad = (status?.metricResults ?? []).filter((each) => BAD.includes(each.phase ?? ''));
  return { name, phase, lines: [sentence(name, phase, status?.message), ...bad.map(describeMetric)] };
}

/** `errors Failed (3 successful, 2 failed): 0.01, 0.4 Failed, 0.5 Failed`. */
function describeMetric(result: MetricResult): string {
  const counts = (['successful', 'failed', 'inconclusive', 'error'] as const)
    .filter((kind) => result[kind])
    .map((kind) => `${result[kind]} ${kind}`);
  const measured = (result.measurements ?? []).slice(-SHOWN).map(({ value, phase, message }) => {
    const text = value === undefined || value === '' ? (message ?? 'nothing') : value;
    return phase === 'Successful' ? text : `${text} ${phase}`;
  });
  // an error is the same each time
  return `  ${result.name} ${result.phase} (${counts.join(', ')}): ${[...new Set(measured)].join(', ')}`;
}

function sentence(name: string, phase: string, message: string | undefined): string {
  return message ? `${name} ${phase}: ${message}` : `${name} ${phase}`;
}
