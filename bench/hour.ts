import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS } from '../e2e/app.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { realClock } from '../test/sim/virtual-clock.ts';
import { startLoad } from '../test/sim/world.ts';
import { costOf, provenance } from './measure.ts';

/**
 * `npm run bench:hour [-- MINUTES]`: what a promotion with a step of an hour costs the process of its step, with its page, in real time:
 * the bundle against the built-in cluster, under 20 requests a second.
 */
const NAMESPACE = 'shop';
const HOST = 'shop.example.com';
const PODS_READY_MS = 5_000;
const minutes = Number(process.argv[2] ?? 60);

const cluster = await startCluster(realClock(systemClock));
await deployAppTo(cluster, { namespace: NAMESPACE, host: HOST, replicas: 4 });
await systemClock.sleep(PODS_READY_MS);
const load = startLoad(cluster, { host: HOST, path: '/', rate: 20 });
const folder = mkdtempSync(join(tmpdir(), 'hour-'));
try {
  const settings = {
    ...SETTINGS,
    steps: [`10% ${minutes}m`],
    report: join(folder, 'page.html'),
    namespace: NAMESPACE,
    timeout: '5m',
    kubeconfig: cluster.kubeconfig('bench'),
  };
  const cost = await costOf({ name: 'promotion', args: ['dist/main.js'], env: stepEnvironment(settings) });
  const { sent, failures } = load.report();
  const facts = JSON.parse(readFileSync(join(folder, 'page.json'), 'utf8'));
  console.log(`${provenance('npm run bench:hour')}, ${minutes} minutes, one run.`);
  console.log(`ended as ${facts.outcome?.kind}; ${sent} requests, ${failures.length} failed`);
  console.log(`peak memory ${cost.mb.toFixed(0)} MB, CPU ${cost.cpuS.toFixed(0)} s`);
  console.log(`page ${kb('page.html')} KB, JSON ${kb('page.json')} KB`);
} finally {
  rmSync(folder, { recursive: true });
}
// the built-in cluster's timers go on in real time
process.exit(0);

function kb(file: string): string {
  return (statSync(join(folder, file)).size / 1000).toFixed(1);
}
