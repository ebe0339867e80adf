/**
 * Plays the kubelet of the node that the proxy of Envoy Gateway is on: it runs the container `envoy` of that pod, and serves its log. A
 * process of its own, because the time of a line is that of its arrival. Until it is killed.
 */
import type { Pod } from 'kubernetes-types/core/v1';
import { connect } from '../../node/api.ts';
import { sendText, serveHttps } from '../../node/kubelet-https.ts';
import { register } from '../../node/node-object.ts';
import { followPods } from '../../node/pods/pod-watch.ts';
import { sendLog } from '../../node/send-log.ts';
import { ENVOY } from '../../users-address.ts';
import { NODE } from './objects.ts';
import { CONTAINER, type ProxyPod, startProxy } from './proxy-pod.ts';

const { KUBECONFIG, ENVOY: program, NODE_FOLDER: folder } = process.env;
if (!KUBECONFIG || !program || !folder) throw new Error('KUBECONFIG, ENVOY and NODE_FOLDER are needed');
const kubeletPort = 10_250;
const api = await connect(KUBECONFIG);
const proxies = new Map<string, ProxyPod>();

await serveHttps(ENVOY.address, kubeletPort, (url, request, response) => {
  const [, what, ...names] = url.pathname.split('/').map(decodeURIComponent);
  const [namespace, name, container] = names;
  const proxy = [...proxies.values()].find(
    ({ pod: { metadata } }) => metadata?.namespace === namespace && metadata?.name === name,
  );
  if (what === 'healthz') sendText(response, 200, 'ok');
  else if (what !== 'containerLogs') sendText(response, 404, `this node has no ${url.pathname}\n`);
  else if (!proxy || container !== CONTAINER) {
    sendText(response, 404, `container "${container}" not found in pod "${name}"\n`);
  } else sendLog(proxy.log, url.searchParams, request, response);
});
await register(api, {
  name: NODE,
  address: ENVOY.address,
  kubeletPort,
  pods: 1,
  memory: '1Gi',
  taints: [{ key: 'lab.example.com/envoy', effect: 'NoSchedule' }],
});
await followPods(api, new Map(), { seen, gone, settled() {} }, (text) => console.log(text));

function seen(pod: Pod): void {
  if (pod.spec?.nodeName !== NODE) return;
  const uid = pod.metadata?.uid ?? '';
  const known = proxies.get(uid);
  if (pod.metadata?.deletionTimestamp !== undefined) void known?.end();
  else if (!known) proxies.set(uid, startProxy(api, pod, { program: program ?? '', folder: folder ?? '' }));
}

function gone(pod: Pod): void {
  const uid = pod.metadata?.uid ?? '';
  void proxies.get(uid)?.end();
  proxies.delete(uid);
}
