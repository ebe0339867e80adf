import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from '../addon.ts';
import { askedBy, runScenarios, scenariosFor } from '../all-scenarios.ts';
import { lazyAddons } from './addons/addons.ts';
import type { Built } from './build.ts';
import { claim, inOrder } from './claims.ts';
import { startControlPlane } from './control-plane.ts';
import { startIngressNginx } from './ingress-nginx/start.ts';
import { setUpNetwork } from './network.ts';
import { start } from './process.ts';
import { startLabWorld } from './world.ts';

/** The lab, from inside its namespaces: brings everything up, then runs the scenarios, or waits until it is ended. */
const [mode, ...args] = process.argv.slice(2);
const built = JSON.parse(process.env.LAB_BUILT ?? '{}') as Built;
const path = (name: string): string => {
  const found = built.binaries[name];
  if (found === undefined) throw new Error(`${name} was not built`);
  return found;
};
const [shard = 1, shards = 1] = (process.env.LAB_SHARD ?? '1/1').split('/').map(Number);
const runDir = new URL(`.run/${shard}/`, import.meta.url).pathname;
rmSync(runDir, { recursive: true, force: true });
mkdirSync(runDir, { recursive: true });

const begun = Date.now();
setUpNetwork();
const controlPlane = await startControlPlane(path, runDir);
await start({
  name: 'node',
  command: process.execPath,
  args: [new URL('node/main.ts', import.meta.url).pathname],
  env: { KUBECONFIG: controlPlane.adminKubeconfig, NODE_FOLDER: join(runDir, 'pods') },
  log: join(runDir, 'node.log'),
  ready: async () => {
    const { connect } = await import('./node/api.ts');
    const api = await connect(controlPlane.adminKubeconfig);
    return (await api.call('GET', '/api/v1/nodes/lab-node')) !== undefined;
  },
});
const ingress = await startIngressNginx({
  kubeconfig: controlPlane.adminKubeconfig,
  controller: path('nginx-ingress-controller'),
  moduleDir: built.nginxModule,
  runDir: join(runDir, 'nginx'),
  log: join(runDir, 'ingress-nginx/controller.log'),
});
console.log(`lab: up in ${((Date.now() - begun) / 1000).toFixed(1)}s, logs in ${runDir}`);

const addons = lazyAddons({ built, kubeconfig: controlPlane.adminKubeconfig, ingress, runDir });
const startWorld = (name: string, needs: readonly Addon[] = []) =>
  startLabWorld(
    { controlPlane, addons, image: built.image, runDir, kubectl: built.binaries.kubectl },
    name,
    needs,
  );
// with the end of this process, the first of its namespace, everything ends
if (mode === 'test') {
  await runScenarios(inOrder(await scenariosFor('lab', askedBy(args)), shard), startWorld, claim);
} else if (mode === 'faults') {
  const { runLabFaults } = await import('../faults/lab-faults.ts');
  console.log(JSON.stringify(await runLabFaults(startWorld, { shard, shards })));
  process.exit(0);
} else if (mode === 'peers') {
  const { comparePeers } = await import('../../bench/peers.ts');
  await comparePeers(startWorld);
  process.exit(0);
} else if (mode === 'finishes') {
  const { compareFinishes } = await import('../../bench/finishes.ts');
  await compareFinishes(startWorld);
  process.exit(0);
} else {
  console.log(`lab: KUBECONFIG=${controlPlane.adminKubeconfig}`);
  console.log('lab: users reach ingress-nginx at http://10.0.0.2, by the Host of their Ingress');
  console.log(
    'lab: go in with: nsenter --target PID --net --mount, PID being that of kube-apiserver; end with Ctrl-C',
  );
  await new Promise(() => setInterval(() => {}, 60_000));
}
