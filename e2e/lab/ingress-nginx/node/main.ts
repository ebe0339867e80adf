/**
 * Plays the kubelet of the node that the ingress controller is on: its Node object, and the log of the controller's container. A process
 * of its own, because the time of a line is that of its arrival. Until it is killed.
 */
import { connect } from '../../node/api.ts';
import { sendText, serveHttps } from '../../node/kubelet-https.ts';
import { register } from '../../node/node-object.ts';
import { sendLog } from '../../node/send-log.ts';
import { createStampedLog } from '../../node/stamped-log.ts';
import { ADDRESS, CONTAINER, NAMESPACE, NODE, POD } from '../controller.ts';
import { followFile } from './follow-file.ts';

const { KUBECONFIG, CONTROLLER_LOG } = process.env;
if (!KUBECONFIG || !CONTROLLER_LOG) throw new Error('KUBECONFIG and CONTROLLER_LOG are needed');
const kubeletPort = 10_250;
const log = createStampedLog();
followFile(CONTROLLER_LOG, { onLines: (lines) => log.add(lines, Date.now()), onRestart: log.restart });

await serveHttps(ADDRESS, kubeletPort, (url, request, response) => {
  const [, what, ...names] = url.pathname.split('/').map(decodeURIComponent);
  if (what === 'healthz') sendText(response, 200, 'ok');
  else if (what !== 'containerLogs') sendText(response, 404, `this node has no ${url.pathname}\n`);
  else if (names.join('/') !== `${NAMESPACE}/${POD}/${CONTAINER}`) {
    sendText(response, 404, `container "${names[2]}" not found in pod "${names[1]}"\n`);
  } else if (url.searchParams.get('previous') === 'true') {
    sendText(response, 400, `previous terminated container "${CONTAINER}" in pod "${POD}" not found`);
  } else sendLog(log, url.searchParams, request, response);
});
await register(await connect(KUBECONFIG), {
  name: NODE,
  address: ADDRESS,
  kubeletPort,
  pods: 1,
  memory: '1Gi',
  taints: [{ key: 'lab.example.com/ingress', effect: 'NoSchedule' }],
});
