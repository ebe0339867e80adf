import { REPO } from '../e2e/app.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { startKeel } from '../test/sim/keel.ts';
import { realClock } from '../test/sim/virtual-clock.ts';
import { type Measured, measure, type Program, quantile, spread } from './measure.ts';

/**
 * What a step costs as a process, beside what cannot be avoided: bare Node, and a one-line script that makes the same POST. Everything
 * is measured in one run, in turn.
 */
const BUNDLE = 'dist/main.js';
const NAMESPACE = 'shop';
const BARE = 'bare Node (`node -e 0`)';
/** The one-line script in both forms: an `import` of node:http loads undici with it, a `require` does not. */
const ONE_LINER = 'one-line POST, `import` of `node:http`';
const LEANEST = 'one-line POST, `require` of `node:http`';
const WEBHOOK = 'Keel webhook';
const STATUS = '`action: status`';

/** At most so many times the one-liner's, in the form with `import`. */
const TARGETS: Readonly<Record<string, { ms: number; mb?: number } | undefined>> = {
  [WEBHOOK]: { ms: 1.6, mb: 1.25 },
  [STATUS]: { ms: 2.5 },
};

/** A table of the processes, measured in one run. */
export async function processCost(rounds: number): Promise<string> {
  const keel = await startKeel();
  const cluster = await startCluster(realClock(systemClock));
  await deployAppTo(cluster, { namespace: NAMESPACE, host: 'shop.example.com', replicas: 1 });
  const path = { PATH: process.env.PATH ?? '' };
  const body = JSON.stringify({ name: REPO, tag: '1.1.0' });
  const programs: Program[] = [
    { name: BARE, args: ['-e', '0'], env: path },
    {
      name: ONE_LINER,
      args: ['--input-type=module', '-e', oneLiner("import http from 'node:http'", keel.webhook, body)],
      env: path,
    },
    {
      name: LEANEST,
      args: ['-e', oneLiner("const http = require('node:http')", keel.webhook, body)],
      env: path,
    },
    {
      name: WEBHOOK,
      args: [BUNDLE],
      env: { ...path, ...stepEnvironment({ urls: keel.webhook, repo: REPO }) },
    },
    {
      name: STATUS,
      args: [BUNDLE],
      env: {
        ...path,
        ...stepEnvironment({
          action: 'status',
          kubeconfig: cluster.kubeconfig('bench'),
          namespace: NAMESPACE,
          workload: 'deployment/web',
        }),
      },
    },
  ];
  try {
    const measured = await measure(programs, rounds);
    const sent = 3 * 2 * (rounds + 1);
    if (keel.queued.length !== sent) throw new Error(`${keel.queued.length} webhooks came, not ${sent}`);
    return report(measured);
  } finally {
    await keel.close();
    await cluster.stop();
  }
}

function oneLiner(head: string, url: string, body: string): string {
  const options = JSON.stringify({ method: 'POST', headers: { 'Content-Type': 'application/json' } });
  return `${head}; http.request(${JSON.stringify(url)}, ${options}, (r) => { console.log(r.statusCode); r.resume(); }).end(${JSON.stringify(body)})`;
}

function report(measured: readonly Measured[]): string {
  const find = (name: string) => {
    const found = measured.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${name} was not measured`);
    return found;
  };
  const [base, leanest] = [find(ONE_LINER), find(LEANEST)];
  return [
    '| process | wall time, ms | x `import` | target | x `require` | peak memory, MB | x `import` | target | x `require` |',
    '|---|---|---|---|---|---|---|---|---|',
    ...measured.map((each) => row(each, base, leanest)),
  ].join('\n');
}

function row({ name, ms, mb }: Measured, base: Measured, leanest: Measured): string {
  const target = TARGETS[name];
  const ratio = (values: readonly number[], of: readonly number[]) =>
    (quantile(values, 0.5) / quantile(of, 0.5)).toFixed(2);
  const cells = [
    name,
    spread(ms),
    ratio(ms, base.ms),
    target === undefined ? '' : `≤ ${target.ms}`,
    ratio(ms, leanest.ms),
    spread(mb),
    ratio(mb, base.mb),
    target?.mb === undefined ? '' : `≤ ${target.mb}`,
    ratio(mb, leanest.mb),
  ];
  return `| ${cells.join(' | ')} |`;
}
