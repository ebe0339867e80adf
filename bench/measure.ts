import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/**
 * The peak of a process is read from within when it exits: `VmHWM` of /proc/self/status. The peak that wait4 reports would not do, since
 * Linux counts in it what the parent had when it forked.
 */
const HOOK = `process.on('exit', () => {
  const fs = require('node:fs');
  const found = /VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  fs.writeFileSync(process.env.BENCH_PEAK_FILE, found ? found[1] : '');
});`;

/**
 * Runs all programs in turn, `rounds` times, so that a slow moment of the machine meets them all. Time and memory are taken in runs of
 * their own: reading the memory costs time.
 * @throws when a program ends with another code than it should
 */
export async function measure(programs: readonly Program[], rounds: number): Promise<Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const hook = join(directory, 'peak.cjs');
  const peak = join(directory, 'peak');
  writeFileSync(hook, HOOK);
  const results = programs.map(({ name }) => ({ name, ms: [] as number[], mb: [] as number[] }));
  try {
    for (let round = -1; round < rounds; round += 1) {
      for (const [index, program] of programs.entries()) {
        const ms = await run(program.args, program.env, program);
        await run(['--require', hook, ...program.args], { ...program.env, BENCH_PEAK_FILE: peak }, program);
        // The first round warms the caches of the file system.
        if (round < 0) continue;
        results[index]?.ms.push(ms);
        results[index]?.mb.push(Number(readFileSync(peak, 'utf8')) / 1024);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return results;
}

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program: Program,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === (program.code ?? 0)) resolve(performance.now() - begun);
      else reject(new Error(`${program.name} ended with ${code}: ${errors}`));
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
