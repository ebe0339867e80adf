import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLoad, REPO, SETTINGS } from '../e2e/app.ts';
import { startLoadGenerator } from '../e2e/load/generator.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { openForUsers } from '../test/sim/router/users.ts';
import { realClock } from '../test/sim/virtual-clock.ts';

/**
 * `npm run demo`: the program as the container runs it, against the built-in cluster on real time, with users at 150 requests a second.
 * A good release is promoted, then a bad one is aborted.
 */
const HOST = 'shop.example.com';
const NAMESPACE = 'shop';
const RATE = 150;
/** ingress-nginx follows up to 3.3 s late; this one is quicker, so that the demo is too. */
const ROUTER_SYNC_MS = 1000;

const reports = mkdtempSync(join(tmpdir(), 'drone-promote-demo-'));
const cluster = await startCluster(realClock(systemClock), 1, { syncEveryMs: ROUTER_SYNC_MS });
const users = await openForUsers(cluster.router);
await deployAppTo(cluster, { namespace: NAMESPACE, host: HOST });
say(`Users send ${RATE} requests a second to ${HOST}, which runs ${REPO}:1.0.0 in 4 pods.`);
const good = await promote('v1.1.0', 'A good release');
const bad = await promote('v1.2.0-crash', 'A bad release');
users.close();
await cluster.stop();
const expected = good.code === 0 && bad.code === 1 && good.failed === 0 && bad.failed === 0;
say(
  expected
    ? 'As it should be: promoted, aborted, and no user noticed either.'
    : 'This is not as it should be.',
);
process.exit(expected ? 0 : 1);

async function promote(tag: string, what: string): Promise<{ code: number; failed: number }> {
  const settings = {
    ...SETTINGS,
    steps: ['10% 1s', '50% 1s'],
    settle: '1500ms',
    drain: '1500ms',
    interval: '500ms',
    report: join(reports, `${tag}.html`),
  };
  const plugin = { ...settings, namespace: NAMESPACE, kubeconfig: cluster.kubeconfig('demo') };
  say(`${what}: drone build promote shop/web 70 production   (DRONE_TAG=${tag})`);
  const load = startLoadGenerator({
    address: '127.0.0.1',
    port: users.port,
    host: HOST,
    path: '/',
    rate: RATE,
  });
  const env = stepEnvironment(plugin, { DRONE_TAG: tag });
  // nothing takes the card out of the log here
  delete env.DRONE_CARD_PATH;
  if (process.stdout.isTTY || process.env.FORCE_COLOR) delete env.NO_COLOR;
  const program = new URL('../dist/main.js', import.meta.url).pathname;
  // another program that runs a step (npm run test:arm64)
  const [command, args] = process.env.DEMO_STEP ? [process.env.DEMO_STEP, []] : [process.execPath, [program]];
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number>((resolve) => {
    child.once('exit', (status) => resolve(status ?? -1));
  });
  const report = await load.stop();
  say(`exit ${code}; users: ${describeLoad(report)}\n  page: ${settings.report}`);
  return { code, failed: report.failures.length };
}

function say(text: string): void {
  console.log(`\n— ${text}\n`);
}
