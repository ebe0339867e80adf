import type { IncomingMessage } from 'node:http';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../../../src/clock.ts';
import { type Cluster, createCluster } from '../../../../src/cluster/client.ts';
import { connect } from '../../../../src/cluster/connect.ts';
import { acquire as acquireWith } from '../../../../src/engines/native/lock/acquire.ts';
import { leaseName } from '../../../../src/engines/native/lock/lease.ts';
import type { Lock } from '../../../../src/engines/native/lock/lock.ts';
import { type SimCluster, startCluster } from '../../../sim/cluster.ts';
import { type VirtualClock, virtualClock } from '../../../sim/virtual-clock.ts';

/** A cluster with clients, for stories about the lock. */
export interface Lab {
  clock: VirtualClock;
  sim: SimCluster;
  /** A machine of its own: its client, and its clock, which may go wrong by so much. */
  machine(name: string, wrongBy?: number): Promise<{ cluster: Cluster; clock: Clock }>;
  lease(): Lease | undefined;
  /** Writes the Lease past everybody. */
  put(change: (lease: Lease) => Lease): void;
}

/** Tells a story on a cluster of its own, which ends with it. */
export async function inLab(story: (lab: Lab) => Promise<void>): Promise<void> {
  const clock = virtualClock(Date.parse('2026-11-24T12:00:00Z'));
  const sim = await startCluster(clock);
  const connections: { destroy(): void }[] = [];
  const stored = () => sim.store.get('leases', 'shop', leaseName('web'));
  try {
    await story({
      clock,
      sim,
      async machine(name, wrongBy = 0) {
        const connection = await connect({ kubeconfig: sim.kubeconfig(name) });
        connections.push(connection.httpAgent, connection.httpsAgent);
        const own: Clock = { ...clock, now: () => clock.now() + wrongBy };
        return { cluster: createCluster(connection, 'shop', own), clock: own };
      },
      lease: () => stored() as Lease | undefined,
      put(change) {
        const lease = stored();
        if (!lease) throw new Error('there is no Lease');
        sim.store.put('leases', change(lease as Lease) as typeof lease);
      },
    });
  } finally {
    for (const each of connections) each.destroy();
    await sim.stop();
  }
}

/** The lock, for a holder with that name. */
export function acquire(
  cluster: Cluster,
  workload: string,
  identity: string,
  clock: Clock,
  leaseMs = 15_000,
): Promise<Lock> {
  return acquireWith(cluster, workload, { identity, leaseMs, clock });
}

/** All requests that write a Lease are answered so, from now on. */
export function leasesFail(
  lab: Lab,
  effect: Parameters<Lab['sim']['faults']['add']>[0]['effect'],
  times = 1000,
): void {
  const matches = ({ method, url }: IncomingMessage) => method === 'PUT' && (url ?? '').includes('/leases/');
  lab.sim.faults.add({ times, matches, effect });
}

/** What stands in an annotation of the Lease. */
export function annotation(lease: Lease | undefined, name: string): string | undefined {
  return lease?.metadata?.annotations?.[`drone-promote/${name}`];
}

/**
 * A client one of whose writes (the first, or the one named) is taken by the server, while its answer is lost; it is then sent again, as
 * the client does. Empty annotations are left out of what it reads, as a real server does.
 */
export function answerLost(cluster: Cluster, at = 1): Cluster {
  let writes = 0;
  return {
    ...cluster,
    async get(resource, name) {
      const found = await cluster.get(resource, name);
      const { annotations = {}, ...metadata } = found?.metadata ?? {};
      return found && Object.keys(annotations).length === 0 ? { ...found, metadata } : found;
    },
    async write(write, options) {
      writes += 1;
      if (writes === at) await cluster.write(write, options);
      return cluster.write(write, options);
    },
  };
}
