import { execFileSync } from 'node:child_process';

/** Addresses of the lab: the server and the node on the first, users on the second, and on the others those of a gateway each. */
const COMMANDS = [
  'link set lo up',
  'route add local 10.244.0.0/16 dev lo',
  'route add local 10.96.0.0/16 dev lo',
  'addr add 10.0.0.1/32 dev lo',
  'addr add 10.0.0.2/32 dev lo',
  'addr add 10.0.0.3/32 dev lo',
  'addr add 10.0.0.4/32 dev lo',
  // istiod, and the gateway of Istio
  'addr add 10.0.0.5/32 dev lo',
  'addr add 10.0.0.6/32 dev lo',
];

/** Makes the namespace that this process is in the cluster's network: every pod address is a local one that can be listened on. */
export function setUpNetwork(): void {
  for (const command of COMMANDS)
    execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
}
