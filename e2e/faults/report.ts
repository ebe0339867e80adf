import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { stories } from './crash-points.ts';
import { type FaultResult, KILLS_OVER_MS } from './lab-faults.ts';
import type { Proof } from './prove-crash-points.ts';
import { proveOnAllCores } from './prove-on-all-cores.ts';
import { raceOnSim } from './races.ts';

/**
 * `npm run test:faults`: every crash point on the built-in cluster, and faults of real processes on the lab. Writes docs/reliability.md
 * from what came out, and fails where anything is wrong. FAULT_KILLS sets the number of SIGKILLs on the lab.
 */
const RACES = 100;

const proofs: [name: string, proof: Proof][] = [];
for (const story of stories) {
  const proof = await proveOnAllCores(story);
  console.log(
    `# ${story.name}: ${proof.points} crash points, ${proof.ends} ends, ${proof.wrong.length} wrong`,
  );
  for (const wrong of proof.wrong) console.log(wrong);
  proofs.push([story.name, proof]);
}
const races = await raceOnSim(RACES);
console.log(`# ${RACES} races on the built-in cluster, ${races.length} wrong`);
const faults = await onLab();
writeFileSync('docs/reliability.md', page());
const isWrong = ({ end, at, failed }: FaultResult) => /WRONG/.test(`${end} ${at}`) || failed > 0;
const wrong = proofs.some(([, proof]) => proof.wrong.length > 0) || races.length > 0 || faults.some(isWrong);
console.log(`${wrong ? 'Something is wrong' : 'All ends are right'}: docs/reliability.md`);
process.exit(wrong ? 1 : 0);

function onLab(): Promise<FaultResult[]> {
  const child = spawn(process.execPath, ['e2e/lab/lab.ts', 'faults'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const results = output.split('\n').filter((line) => line.startsWith('['));
      if (code === 0 && results.length > 0) resolve(results.flatMap((line) => JSON.parse(line)));
      else reject(new Error(`the lab ended with ${code}:\n${output.slice(-2000)}`));
    });
  });
}

function page(): string {
  const [cpu] = cpus();
  const where = `${new Date().toISOString().slice(0, 10)}, ${cpu?.model ?? 'unknown CPU'} (${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB), \`npm run test:faults\``;
  const total = (pick: (proof: Proof) => number) => proofs.reduce((sum, [, proof]) => sum + pick(proof), 0);
  return `# Reliability

<!-- Made by \`npm run test:faults\`; changes here are overwritten. -->

${where}

## Every crash point, on the built-in cluster

A step is killed right before and right after each of its writes; then the same build runs again, another release is promoted, an abort
is asked for, or nobody does anything and the guard acts. Each end is compared object by object with a clean run, under 50 requests a
second. Right: nothing is left over, the exit code is true, and no user's request failed (but for the rollback at once, which rolls stable
under traffic as asked).

| story | crash points | ends | wrong |
|---|---|---|---|
${proofs.map(([name, { points, ends, wrong }]) => `| ${name} | ${points} | ${ends} | ${wrong.length} |`).join('\n')}
| together | ${total(({ points }) => points)} | ${total(({ ends }) => ends)} | ${total(({ wrong }) => wrong.length)} |

Two promotions begun in the same instant, ${RACES} rounds: exactly one acted and the other was refused and named it in ${RACES - races.length}.

## Real processes, on the lab

kube-apiserver 1.36.3 with etcd and ingress-nginx, 4 pods that stop at once when they are deleted, 150 requests a second, a guard, a lease
of 5 s; a promotion by 20 % and 60 % takes about 45 s. SIGKILLs are spread over its first ${KILLS_OVER_MS / 1000} s at random moments.

${summary()}

| fault | the step had said | end | requests | failed | weight 0 after |
|---|---|---|---|---|---|
${faults.map(row).join('\n')}
`;
}

function summary(): string {
  const killed = faults.filter(({ fault }) => fault === 'SIGKILL');
  const times = killed.flatMap(({ toWeightZeroMs }) => toWeightZeroMs ?? []).sort((a, b) => a - b);
  const seconds = (ms: number | undefined) => `${((ms ?? 0) / 1000).toFixed(1)} s`;
  const ends = (end: string) => killed.filter((each) => each.end === end).length;
  return [
    `${killed.length} SIGKILLs: ${ends('promoted')} promoted, ${ends('as it was')} as it was, ${killed.length - ends('promoted') - ends('as it was')} wrong;`,
    `${faults.reduce((sum, { failed }) => sum + failed, 0)} of ${faults.reduce((sum, { sent }) => sum + sent, 0)} requests failed over all faults;`,
    `weight 0 after ${seconds(times[0])} to ${seconds(times.at(-1))} (median ${seconds(times[Math.floor(times.length / 2)])}, ${times.length} times with users on the canary; the target is lease + 3 s).`,
  ].join('\n');
}

function row({ fault, at, end, sent, failed, toWeightZeroMs }: FaultResult): string {
  const after = toWeightZeroMs === undefined ? '' : `${(toWeightZeroMs / 1000).toFixed(1)} s`;
  return `| ${[fault, at, end, sent, failed, after].join(' | ')} |`;
}
