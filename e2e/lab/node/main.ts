/**
 * Plays the kubelet and the scheduler of the lab's only node: its pods are addresses of this network namespace, and behave as their
 * images' tags say; those of this project's own image really run. Until it is killed.
 */
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1';
import { createAddresses } from './addresses.ts';
import { connect } from './api.ts';
import { bytesOf, holdsRoom } from './capacity.ts';
import { serveKubelet } from './kubelet-server.ts';
import { register } from './node-object.ts';
import { type PodLife, startPod } from './pods/pod-life.ts';
import { followPods } from './pods/pod-watch.ts';
import { createScheduler } from './scheduler.ts';

const {
  KUBECONFIG,
  NODE_NAME: node = 'lab-node',
  NODE_PODS = '60',
  NODE_MEMORY = '16Gi',
  NODE_FOLDER,
} = process.env;
const hostIP = '10.0.0.1';
const kubeletPort = 10_250;
/** Where containers find the API server. */
const server = { host: '10.0.0.1', port: '6443' };
const capacity = { pods: Number(NODE_PODS), memory: bytesOf(NODE_MEMORY) };

const pods = new Map<string, Pod>();
const lives = new Map<string, PodLife>();
const addresses = createAddresses();

if (!KUBECONFIG) throw new Error('KUBECONFIG is not set');
if (!NODE_FOLDER) throw new Error("NODE_FOLDER is not set: where containers' files are kept");
const folder = NODE_FOLDER;
if (!(capacity.pods > 0)) throw new Error(`NODE_PODS is not a number: ${NODE_PODS}`);
const api = await connect(KUBECONFIG);
const scheduler = createScheduler(api, node, capacity, pods, log);

await serveKubelet(hostIP, kubeletPort, (namespace, name) =>
  [...lives.values()].find(({ pod }) => pod.metadata?.name === name && pod.metadata.namespace === namespace),
);
await keepRegistered();
log(`${node} is ready`);
await followPods(api, pods, { seen, gone, settled: scheduler.run }, log);

function seen(pod: Pod): void {
  const uid = pod.metadata?.uid ?? '';
  const known = lives.get(uid);
  if (pod.status?.podIP) addresses.claim(pod.status.podIP);
  if (pod.metadata?.deletionTimestamp !== undefined && pod.spec?.nodeName === node) {
    (known ?? begin(pod)).end(pod);
  } else if (!known && pod.spec?.nodeName === node && holdsRoom(pod)) {
    begin(pod);
  }
}

function begin(pod: Pod): PodLife {
  for (const { status } of pods.values()) if (status?.podIP) addresses.claim(status.podIP);
  const podIP = pod.status?.podIP ?? addresses.take();
  const { namespace, name, uid = '' } = pod.metadata ?? {};
  const own = join(folder, `${namespace}_${name}_${uid}`);
  const life = startPod(pod, { api, podIP, hostIP, server, folder: own, log });
  lives.set(uid, life);
  return life;
}

function gone(pod: Pod): void {
  const uid = pod.metadata?.uid ?? '';
  const life = lives.get(uid);
  life?.drop();
  lives.delete(uid);
  const address = life?.podIP ?? pod.status?.podIP;
  if (address) addresses.free(address);
}

/** The node is made again if a test deletes it; the control plane may also still be starting. */
async function keepRegistered(): Promise<void> {
  for (;;) {
    try {
      await register(api, {
        name: node,
        address: hostIP,
        kubeletPort,
        pods: capacity.pods,
        memory: NODE_MEMORY,
      });
      break;
    } catch (error) {
      log(`registering: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  setTimeout(() => void keepRegistered(), 30_000);
}

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}
