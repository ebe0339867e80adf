import type { Clock } from '../clock.ts';
import { createLog, type LogOptions } from './log.ts';
import type { NotifyOptions } from './notify/notify.ts';
import type { OutputsFile } from './outputs.ts';
import { type Reporter, reportTo } from './reporter.ts';

/** Which reports a run makes. What is not set is not made. */
export interface ReportOptions extends LogOptions {
  /** The file for the outputs of the step. */
  outputs: OutputsFile | undefined;
  card: { path: string; template: string | undefined } | undefined;
  /** The path of the page. */
  page: string | undefined;
  /** The file that GitHub shows on the page of the run. */
  stepSummary: string | undefined;
  /** One JSON document about the workload instead of the log. */
  isDocument: boolean;
  notices: Pick<NotifyOptions, 'receivers' | 'moments' | 'deployment' | 'tracing' | 'isGuard'> | undefined;
  clock: Clock;
  /** Aborts when the step is cancelled. */
  cancelled: AbortSignal;
  /** Masks the secrets of a text. */
  mask(text: string): string;
}

/** The reporters of a run as one. Those that only some runs need are loaded on demand. */
export async function createReport(options: ReportOptions): Promise<Reporter> {
  const { outputs, card, page, stepSummary, notices, clock, cancelled, mask, write } = options;
  const reporters: Reporter[] = [await firstReporter(options)];
  const report = reportTo(reporters, mask);
  const warn = (message: string) => report.event({ type: 'warning', message }, clock.now());
  if (outputs !== undefined) {
    const { createOutputs } = await import('./outputs.ts');
    reporters.push(createOutputs(outputs, warn));
  }
  if (card !== undefined) {
    const { createCard } = await import('./card/card.ts');
    // the outcome stays the last line of the log
    reporters.unshift(createCard(card.path, { template: card.template, write, warn }));
  }
  if (page !== undefined) {
    const { createPage } = await import('./page/page.ts');
    reporters.push(createPage(page, { now: clock.now, cancelled, warn }));
  }
  if (stepSummary !== undefined) {
    const { createStepSummary } = await import('./step-summary.ts');
    reporters.push(createStepSummary(stepSummary, warn));
  }
  if (notices !== undefined) {
    const { createNotices } = await import('./notify/notify.ts');
    reporters.push(createNotices({ ...notices, clock, warn }));
  }
  return report;
}

/** What the user reads while the step runs. */
async function firstReporter(options: ReportOptions): Promise<Reporter> {
  if (!options.isDocument) return createLog(options);
  const { createStatusDocument } = await import('./status-document.ts');
  return createStatusDocument(options.write);
}
