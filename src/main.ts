import type { Build } from './ci/build.ts';
import { checkBuild } from './ci/check-build.ts';
import { outputsFile } from './ci/outputs-file.ts';
import { readBuild } from './ci/read-build.ts';
import { tracingOf } from './ci/tracing.ts';
import { type Clock, systemClock } from './clock.ts';
import { keelEngine } from './engines/keel/engine.ts';
import { messageOf, PromoteError } from './errors.ts';
import type { PromotionEvent } from './events.ts';
import { exitCodeOf, type Outcome } from './outcome.ts';
import { follow } from './report/follow.ts';
import type { Reporter } from './report/reporter.ts';
import { createReport } from './report/reporters.ts';
import { withInputs } from './settings/ci/github-inputs.ts';
import { engineOf } from './settings/engine.ts';
import { type LoadedSettings, loadSettings } from './settings/load.ts';
import { settingIn, shownSettings, textsOf } from './settings/read-environment.ts';
import { createSecrets, type Secrets, secretsIn, secretsOf } from './settings/redact.ts';
import type { Settings } from './settings/settings.ts';
import type { Routers } from './traffic/index.ts';
import { VERSION } from './version.ts';

/** What a run gets from the machine. */
export interface Host {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Takes the log. */
  write(text: string): void;
  /** `status --json`: one JSON document instead of the log. */
  isDocument?: boolean;
  /** Aborts when the step is cancelled. */
  signal: AbortSignal;
  /** The routers; all of them if it is not set. */
  routers?: Routers;
}

/** One run, from the environment to the exit code. Never throws. */
export async function main(host: Host): Promise<number> {
  const { env, clock } = host;
  const secrets = createSecrets();
  const startedAt = clock.now();
  let report: Reporter | undefined;
  let settings: Settings | undefined;
  let outcome: Outcome;
  try {
    // a refusal of the settings quotes them
    secrets.add(secretsIn(textsOf(env)));
    const loaded = loadSettings(env);
    settings = loaded.settings;
    secrets.add(secretsOf(settings));
    report = await reportOf(settings, host, secrets);
    for (const message of loaded.warnings) report.event({ type: 'warning', message }, clock.now());
    const build = readBuild(env, settings);
    report.event(runEvent(build, env), clock.now());
    // the guard runs in the cluster, where there is no build; a check tells it with everything else
    if (!['status', 'guard', 'check'].includes(settings.action)) checkBuild(build, settings);
    const events = await (settings.action === 'check'
      ? checkOf(loaded, build, host, secrets)
      : onceOpen(settings, build, host, secrets));
    outcome = await follow(events, report, clock);
  } catch (error) {
    outcome = refused(error);
  }
  if (report === undefined) {
    report = await reportOf(undefined, host, secrets);
    report.event(runEvent(readBuild(env), env), clock.now());
  }
  const now = clock.now();
  const ended = { ...subjectOf(settings), startedAt, durationMs: now - startedAt, ...outcome };
  await report.closing?.(ended, now);
  report.outcome(ended, now);
  return exitCodeOf(outcome);
}

/** The reports that the settings ask for. @param settings undefined if they are refused */
function reportOf(
  settings: Settings | undefined,
  { env, clock, write, signal, isDocument = false }: Host,
  secrets: Secrets,
): Promise<Reporter> {
  const receivers = settings?.notify ?? settingIn(env, 'notify') ?? [];
  const tracing = tracingOf(env);
  return createReport({
    level: settings?.debug ? 'debug' : (settings?.log_level ?? 'info'),
    format: settings?.log_format ?? 'pretty',
    colour: !env.NO_COLOR && env.TERM !== 'dumb',
    write,
    isDocument,
    stepSummary: isDocument ? undefined : env.GITHUB_STEP_SUMMARY || undefined,
    outputs: outputsFile(env),
    card:
      env.DRONE_CARD_PATH && settings?.card !== false && !isDocument
        ? { path: env.DRONE_CARD_PATH, template: settings?.card_template }
        : undefined,
    page: settings?.report ?? settingIn(env, 'report'),
    notices:
      receivers.length > 0 || tracing
        ? {
            receivers,
            moments: settings?.notify_on ?? [],
            deployment: env.DRONE_DEPLOY_ID,
            tracing,
            isGuard: settings?.action === 'guard',
          }
        : undefined,
    clock,
    cancelled: signal,
    mask: secrets.mask,
  });
}

/** What the run was asked to do. */
function runEvent(build: Build, env: Host['env']): PromotionEvent {
  const { number, link, repository, commit, target, who } = build;
  return {
    type: 'run',
    version: VERSION,
    build: { number, link, repository, commit, target, who },
    settings: shownSettings(env),
  };
}

/** The fields of an outcome that the settings know, for a refusal. */
function subjectOf(settings: Settings | undefined): Pick<Outcome, 'workload' | 'namespace'> {
  const { workload, namespace } = settings ?? {};
  return {
    ...(workload === undefined ? {} : { workload: `${workload.kind}/${workload.name}` }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** The engine's run, once `window` and `freeze` let a release go out; their module is loaded only if one of them is set. */
async function onceOpen(settings: Settings, build: Build, host: Host, secrets: Secrets) {
  const run = () => eventsOf(settings, build, host, secrets);
  if ((settings.window ?? settings.freeze) === undefined) return run();
  const { runOnceOpen } = await import('./window/hold-until-open.ts');
  return runOnceOpen(settings, build, host, run);
}

/**
 * Starts the engine of the settings. Engines for a cluster are loaded on demand, because a webhook needs no
 * Kubernetes client.
 */
async function eventsOf(
  settings: Settings,
  build: Build,
  { clock, signal, routers }: Host,
  secrets: Secrets,
): Promise<AsyncGenerator<PromotionEvent, Outcome>> {
  const engine = engineOf(settings);
  if (engine === 'keel') return keelEngine(settings, build, clock, signal, secrets.add);
  if (engine === 'argo') {
    const { argoEngine } = await import('./engines/argo/engine.ts');
    return argoEngine(settings, build, clock, signal);
  }
  const { nativeEngine } = await import('./engines/native/engine.ts');
  return nativeEngine(settings, build, clock, signal, routers);
}

/** What `action: check` does. It runs the engine, as a dry run. */
async function checkOf(
  { settings, faults }: LoadedSettings,
  build: Build,
  host: Host,
  secrets: Secrets,
): Promise<AsyncGenerator<PromotionEvent, Outcome>> {
  const { check } = await import('./check/check.ts');
  const { env, clock, signal, routers } = host;
  const run = (changed: Settings) => eventsOf(changed, build, host, secrets);
  return check({ settings, faults, texts: textsOf(env), build }, { clock, signal, routers, run });
}

/** The outcome of an error from before the first write. */
function refused(error: unknown): Outcome {
  const known = error instanceof PromoteError;
  return {
    kind: 'refused',
    reason: known ? error.message : `Unexpected error: ${messageOf(error)}`,
    hints: known ? (error.hint ? [error.hint] : []) : ['This is a bug of drone-promote; please report it.'],
    code: known ? error.code : 'internal',
  };
}

/** Runs a command of the command line. Its modules are loaded here, because a step needs none of them. */
async function command(args: readonly string[]): Promise<number> {
  const { runFromShell } = await import('./cli/shell.ts');
  const { code, out, err, step: env, isDocument, watch } = runFromShell(args, process.env);
  if (env !== undefined) return step(env, isDocument);
  if (watch !== undefined) return (await import('./watch/from-shell.ts')).watchFromShell(watch);
  process.stdout.write(out);
  process.stderr.write(err);
  return code;
}

/** Runs a step, of a pipeline or from a desk. */
async function step(env: Host['env'], isDocument = false): Promise<number> {
  const cancel = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // second signal: exit now and leave the rest to the guard or the next run
      if (cancel.signal.aborted) process.exit(exitCodeOf({ kind: 'stuck', reason: '', hints: [] }));
      cancel.abort();
    });
  }
  return main({
    env: withInputs(env),
    clock: systemClock,
    write: (text) => process.stdout.write(text),
    isDocument,
    signal: cancel.signal,
  });
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const code = args.length > 0 ? await command(args) : await step(process.env);
  // idle keep-alive connections would hold the process for seconds
  process.exit(code);
}
