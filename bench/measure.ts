import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

/** A program to be measured: arguments of Node, and its environment. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The exit code that says that it has done its work. */
  readonly code?: number;
}

export interface Measured {
  readonly name: string;
  /** Wall time of each run, from before the start of the process to its end, in milliseconds. */
  readonly ms: readonly number[];
  /** Peak resident memory of each run, in MB. */
  readonly mb: readonly number[];
}

/** What one run of a program cost. */
export interface RunCost {
  /** Peak resident memory. */
  readonly mb: number;
  /** CPU time, user and system, in seconds. */
  readonly cpuS: number;
  /** Wall time from before the start of the process to its end, with the time that the measuring itself takes. */
  readonly ms: number;
}

/**
 * Memory and CPU time are read from within a process when it exits: `VmHWM` of /proc/self/status. The peak that wait4 reports would not
 * do, because Linux counts in it what the parent had when it forked.
 */
const HOOK = `process.on('exit', () => {
  const fs = require('node:fs');
  const found = /VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  const { user, system } = process.cpuUsage();
  const cost = { mb: Number(found[1]) / 1024, cpuS: (user + system) / 1e6 };
  fs.writeFileSync(process.env.BENCH_COST_FILE, JSON.stringify(cost));
});`;

/**
 * Runs a program once, and measures what it costs.
 * @throws when it ends with another code than it should
 */
export async function costOf(program: Program): Promise<RunCost> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const [hook, cost] = [join(directory, 'cost.cjs'), join(directory, 'cost.json')];
  writeFileSync(hook, HOOK);
  try {
    const args = ['--require', hook, ...program.args];
    const ms = await run(args, { ...program.env, BENCH_COST_FILE: cost }, program, 'pipe');
    return { ms, ...(JSON.parse(readFileSync(cost, 'utf8')) as Omit<RunCost, 'ms'>) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * Runs all programs in turn, `rounds` times, so that a slow moment of the machine meets them all. Time and memory are taken in runs of
 * their own: reading the memory costs time.
 * @throws when a program ends with another code than it should
 */
export async function measure(programs: readonly Program[], rounds: number): Promise<Measured[]> {
  const results = programs.map(({ name }) => ({ name, ms: [] as number[], mb: [] as number[] }));
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, program] of programs.entries()) {
      const ms = await run(program.args, program.env, program, 'ignore');
      const { mb } = await costOf(program);
      // The first round warms the caches of the file system.
      if (round < 0) continue;
      results[index]?.ms.push(ms);
      results[index]?.mb.push(mb);
    }
  }
  return results;
}

/** @param stdout `ignore` for a run that is timed: its output costs nothing then. */
function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program: Program,
  stdout: 'ignore' | 'pipe',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', stdout, 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === (program.code ?? 0)) resolve(performance.now() - begun);
      else reject(new Error(`${program.name} ended with ${code}: ${output}`));
    });
  });
}

/** The q-quantile, 0 to 1, by linear interpolation. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** The median, and the 10th to 90th percentile. */
export function spread(values: readonly number[], digits = 0): string {
  const [low, middle, high] = [0.1, 0.5, 0.9].map((q) => quantile(values, q).toFixed(digits));
  return `${middle} (${low}–${high})`;
}

/** The date, the machine and the command, as docs/benchmarks.md has them with every figure. */
export function provenance(command: string): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpu?.model ?? 'unknown CPU'} (${cpus().length} cores, ${memory} GB)`;
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.version}, \`${command}\``;
}
