/**
 * Plays the kubelet of the node that the ingress controller is on: its Node object, and the log of the controller's container. A process
 * of its own, because the time of a line is that of its arrival. Until it is killed.
 */
import { connect } from '../../node/api.ts';
import { sendText, serveHttps } from '../../node/kubelet-https.ts';
import { register } from '../../node/node-object.ts';
import { sendLog } from '../../node/send-log.ts';
import { createStampedLog } from '../../node/stamped-log.ts';
import { ADDRESS, CONTAINER, INTERNAL, NAMESPACE, NODE, POD } from '../controller.ts';
import { followFile } from './follow-file.ts';

const { KUBECONFIG, CONTROLLER_LOG, INTERNAL_LOG } = process.env;
if (!KUBECONFIG || !CONTROLLER_LOG || !INTERNAL_LOG)
  throw new Error('KUBECONFIG, CONTROLLER_LOG and INTERNAL_LOG are needed');
const kubeletPort = 10_250;
const logs: ReadonlyMap<string, ReturnType<typeof createStampedLog>> = new Map(
  [
    [POD, CONTROLLER_LOG] as const,
    // there is none before the second controller starts
    [INTERNAL.pod, INTERNAL_LOG] as const,
  ].map(([pod, file]) => {
    const log = createStampedLog();
    followFile(file, { onLines: (lines) => log.add(lines, Date.now()), onRestart: log.restart });
    return [`${NAMESPACE}/${pod}/${CONTAINER}`, log] as const;
  }),
);

await serveHttps(ADDRESS, kubeletPort, (url, request, response) => {
  const [, what, ...names] = url.pathname.split('/').map(decodeURIComponent);
  if (what === 'healthz') sendText(response, 200, 'ok');
  else if (what !== 'containerLogs') sendText(response, 404, `this node has no ${url.pathname}\n`);
  else {
    const log = logs.get(names.join('/'));
    if (!log) sendText(response, 404, `container "${names[2]}" not found in pod "${names[1]}"\n`);
    else if (url.searchParams.get('previous') === 'true') {
      const text = `previous terminated container "${CONTAINER}" in pod "${names[1]}" not found`;
      sendText(response, 400, text);
    } else sendLog(log, url.searchParams, request, response);
  }
});
await register(await connect(KUBECONFIG), {
  name: NODE,
  address: ADDRESS,
  kubeletPort,
  pods: logs.size,
  memory: '1Gi',
  taints: [{ key: 'lab.example.com/ingress', effect: 'NoSchedule' }],
});
