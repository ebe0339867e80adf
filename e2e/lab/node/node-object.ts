import type { Node, Taint } from 'kubernetes-types/core/v1';
import { ApiError, type NodeApi } from './api.ts';

export interface NodeFacts {
  name: string;
  address: string;
  kubeletPort: number;
  pods: number;
  memory: string;
  /** What keeps other pods away, those of DaemonSets too. */
  taints?: Taint[];
}

/** Makes the Node, or makes an existing one ours, and says that it is ready. */
export async function register(api: NodeApi, facts: NodeFacts): Promise<void> {
  const path = `/api/v1/nodes/${facts.name}`;
  const { metadata, status } = nodeObject(facts, new Date());
  try {
    await api.call('POST', '/api/v1/nodes', nodeObject(facts, new Date()));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
  // Admission taints a new node as not ready, and here runs no controller that would take the taint away; DaemonSets respect it.
  await api.call('PATCH', path, {
    metadata: { labels: metadata?.labels },
    spec: { taints: facts.taints ?? null },
  });
  await api.call('PATCH', `${path}/status`, { status });
}

function nodeObject({ name, address, kubeletPort, pods, memory }: NodeFacts, now: Date): Node {
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const room = { cpu: '32', memory, pods: String(pods), 'ephemeral-storage': '100Gi' };
  const times = { lastHeartbeatTime: time, lastTransitionTime: time };
  const good = (type: string, reason: string, message: string) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    reason,
    message,
    ...times,
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
    status: {
      // No Hostname: the API server would prefer it, and nothing resolves it.
      addresses: [{ type: 'InternalIP', address }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      // what a program may look at; the rest has to be there
      nodeInfo: {
        operatingSystem: 'linux',
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'containerd://2.0.0',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3',
        machineID: '',
        osImage: '',
        systemUUID: '',
      },
      capacity: room,
      allocatable: room,
      conditions: [
        good('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        good('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        good('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        good('Ready', 'KubeletReady', 'kubelet is posting ready status'),
      ],
    },
  };
}
