import { appendFileSync } from 'node:fs';
import type { Build } from './ci/build.ts';
import { checkBuild } from './ci/check-build.ts';
import { readBuild } from './ci/read-build.ts';
import { type Clock, systemClock } from './clock.ts';
import { keelEngine } from './engines/keel/engine.ts';
import { messageOf, PromoteError } from './errors.ts';
import type { PromotionEvent } from './events.ts';
import { exitCodeOf, type Outcome } from './outcome.ts';
import { createLog, type Log } from './report/log.ts';
import { outputLines } from './report/outputs.ts';
import { engineOf } from './settings/engine.ts';
import { loadSettings } from './settings/load.ts';
import { redactor, secretsOf } from './settings/redact.ts';
import type { Settings } from './settings/settings.ts';
import type { Routers } from './traffic/index.ts';

/** What a run is given of the machine. */
export interface Host {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Takes the log. */
  write(text: string): void;
  /** Aborts when the step is told to end. */
  signal: AbortSignal;
  /** What splits users; all routers that there are, if it is not set. */
  routers?: Routers;
}

/** One run, from the environment to the exit code. Never throws. */
export async function main(host: Host): Promise<number> {
  const { env, clock } = host;
  const colour = !env.NO_COLOR && env.TERM !== 'dumb';
  let mask = (text: string) => text;
  const write = (text: string) => host.write(mask(text));
  let log: Log | undefined;
  let outcome: Outcome;
  try {
    const { settings, warnings } = loadSettings(env);
    mask = redactor(secretsOf(settings));
    const level = settings.debug ? 'debug' : settings.log_level;
    log = createLog({ level, format: settings.log_format, colour, clock, write });
    for (const message of warnings) log.event({ type: 'warning', message });
    const build = readBuild(env, settings);
    // the guard runs in the cluster, where there is no build
    if (settings.action !== 'status' && settings.action !== 'guard') checkBuild(build, settings);
    outcome = await tell(await eventsOf(settings, build, host, mask), log);
  } catch (error) {
    outcome = refused(error);
  }
  log ??= createLog({ level: 'info', format: 'pretty', colour, clock, write });
  log.outcome(outcome);
  if (env.DRONE_OUTPUT) writeOutputs(env.DRONE_OUTPUT, mask(outputLines(outcome)), log);
  return exitCodeOf(outcome);
}

/** The engine that the settings ask for. Those of the cluster are loaded when they are wanted: a webhook needs no Kubernetes client. */
async function eventsOf(
  settings: Settings,
  build: Build,
  { clock, signal, routers }: Host,
  mask: (text: string) => string,
): Promise<AsyncGenerator<PromotionEvent, Outcome>> {
  const engine = engineOf(settings);
  if (engine === 'keel') return keelEngine(settings, build, clock, signal, mask);
  if (engine === 'argo') {
    const { argoEngine } = await import('./engines/argo/engine.ts');
    return argoEngine(settings, build, clock, signal);
  }
  const { nativeEngine } = await import('./engines/native/engine.ts');
  return nativeEngine(settings, build, clock, signal, routers);
}

async function tell(events: AsyncGenerator<PromotionEvent, Outcome>, log: Log): Promise<Outcome> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    log.event(next.value);
  }
}

/** An error that came before anything was touched. */
function refused(error: unknown): Outcome {
  const known = error instanceof PromoteError;
  return {
    kind: 'refused',
    reason: known ? error.message : `Unexpected: ${messageOf(error)}`,
    hints: known ? (error.hint ? [error.hint] : []) : ['This is a fault of drone-promote; please report it.'],
    code: known ? error.code : 'internal',
  };
}

function writeOutputs(path: string, lines: string, log: Log): void {
  try {
    appendFileSync(path, lines);
  } catch (error) {
    log.event({ type: 'warning', message: `DRONE_OUTPUT cannot be written: ${messageOf(error)}` });
  }
}

/** A command for the people who set the step up: `rbac`, `setup`. */
async function command(args: readonly string[]): Promise<number> {
  const { runCommand } = await import('./rbac/command.ts');
  const { code, out, err } = runCommand(args, process.env);
  process.stdout.write(out);
  process.stderr.write(err);
  return code;
}

/** The step of a pipeline, which has no arguments. */
async function step(): Promise<number> {
  const cancel = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // told twice: whatever is under way stays to the guard or the next run
      if (cancel.signal.aborted) process.exit(exitCodeOf({ kind: 'stuck', reason: '', hints: [] }));
      cancel.abort();
    });
  }
  return main({
    env: process.env,
    clock: systemClock,
    write: (text) => process.stdout.write(text),
    signal: cancel.signal,
  });
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const code = args.length > 0 ? await command(args) : await step();
  // idle keep-alive connections would hold the process for seconds
  process.exit(code);
}
