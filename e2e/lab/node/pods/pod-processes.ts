import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod, Secret } from 'kubernetes-types/core/v1';
import type { NodeApi } from '../api.ts';
import type { Line, Printed } from './container-log.ts';
import { environmentOf, type PodFacts, type SecretValues, secretsNamed } from './environment.ts';
import { type Process, startProcess } from './process.ts';
import { hasAccount, writeAccount } from './service-account.ts';

/** The processes of one pod's containers. */
export interface PodProcesses {
  /**
   * Starts a container's process; `ended` is told its exit code. Throws, having started nothing, where it cannot yet be started: the
   * server does not answer, or the pod is ending.
   */
  start(container: Container, ended: (exitCode: number) => void): Promise<void>;
  /** SIGTERM to all, SIGKILL after the grace; resolves when none is left. */
  end(graceMs: number): Promise<void>;
  kill(): void;
  /** Undefined where no process has been started. */
  printed(container: string): Printed | undefined;
}

/** @param folder where the pod's account and what its processes print are kept */
export function podProcesses(
  api: NodeApi,
  facts: PodFacts,
  folder: string,
  server: { host: string; port: string },
): PodProcesses {
  const running = new Set<Process>();
  const logs = new Map<string, { current: Line[]; before: Line[] }>();
  const account = join(folder, 'serviceaccount');
  let written = false;
  let closed = false;

  async function start(container: Container, ended: (exitCode: number) => void): Promise<void> {
    const mounted = hasAccount(container);
    const env = environmentOf(container, facts, server, await secretValues(api, facts.pod, container));
    if (mounted && !written) await writeAccount(api, facts.pod, account);
    written ||= mounted;
    if (closed) throw new Error('the pod is ending');
    const started = startProcess(env, mounted ? account : undefined, logOf(container.name));
    running.add(started);
    void started.ended.then((exitCode) => {
      running.delete(started);
      ended(exitCode);
    });
  }

  function logOf(container: string): (line: string) => void {
    const current: Line[] = [];
    logs.set(container, { current, before: logs.get(container)?.current ?? [] });
    mkdirSync(folder, { recursive: true });
    return (text) => {
      current.push({ at: Date.now(), text });
      appendFileSync(join(folder, `${container}.log`), `${text}\n`);
    };
  }

  function signalAll(name: 'SIGTERM' | 'SIGKILL'): void {
    closed = true;
    for (const each of running) each.signal(name);
  }

  return {
    start,
    async end(graceMs) {
      signalAll('SIGTERM');
      const late = setTimeout(() => signalAll('SIGKILL'), graceMs);
      await Promise.all([...running].map((each) => each.ended));
      clearTimeout(late);
    },
    kill: () => signalAll('SIGKILL'),
    printed: (container) => logs.get(container),
  };
}

/** Reads the Secrets that the container names, as a kubelet does before it starts it. @throws if one is missing */
async function secretValues(api: NodeApi, pod: Pod, container: Container): Promise<SecretValues> {
  const found: Record<string, string> = {};
  for (const name of secretsNamed(container)) {
    const path = `/api/v1/namespaces/${pod.metadata?.namespace}/secrets/${name}`;
    const { data = {} } = (await api.call('GET', path)) as Secret;
    for (const [key, value] of Object.entries(data)) {
      found[`${name}/${key}`] = Buffer.from(value, 'base64').toString();
    }
  }
  return found;
}
