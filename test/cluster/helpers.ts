import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Rule } from '../../e2e/rbac.ts';
import { type Cluster, createCluster } from '../../src/cluster/client.ts';
import { connect } from '../../src/cluster/connect.ts';
import type { Stored } from '../sim/api-server/store.ts';
import { type SimCluster, startCluster } from '../sim/cluster.ts';
import { virtualClock } from '../sim/virtual-clock.ts';

/** The built-in cluster in virtual time, and a client of it; both end with the test. */
export async function startSim(
  t: TestContext,
  rules?: readonly Rule[],
): Promise<{ sim: SimCluster; client: Cluster }> {
  const sim = await startCluster(virtualClock(Date.parse('2026-11-24T12:00:00Z')));
  t.after(() => sim.stop());
  const connection = await connect({ kubeconfig: sim.kubeconfig('step', rules) });
  return { sim, client: createCluster(connection, 'shop', sim.clock) };
}

/** A server of one's own on loopback; the function answers. */
export async function serve(t: TestContext, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client of a server of one's own, on a clock that notes how long it would have slept. */
export async function clientOf(server: string, slept: number[] = []): Promise<Cluster> {
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  return createCluster(await connect({ server, token: 'step' }), 'shop', clock);
}

/** A small object to write: nothing in the cluster acts on it. */
export function lease(name: string, holderIdentity?: string): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'shop' },
    spec: holderIdentity === undefined ? {} : { holderIdentity },
  };
}

/** Puts an object into the cluster past its server. */
export function seed(sim: SimCluster, object: Lease): Lease {
  const stored = sim.store.add('leases', object);
  if (!stored) throw new Error(`${object.metadata?.name} exists`);
  return stored as Lease;
}

/** Changes an object past its server, as somebody else would. */
export function edit(sim: SimCluster, name: string, holderIdentity: string): Lease {
  const found = sim.store.get('leases', 'shop', name);
  if (!found) throw new Error(`${name} does not exist`);
  const changed: Stored = { ...found, spec: { ...found.spec, holderIdentity } };
  return sim.store.put('leases', changed) as Lease;
}

/** Takes an object away past its server. */
export function drop(sim: SimCluster, name: string): void {
  const found = sim.store.get('leases', 'shop', name);
  if (found) sim.store.drop('leases', found);
}
