import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The two ends of the pair that joins a network namespace to that of the lab. */
export interface Ends {
  lab: string;
  own: string;
}

const WAIT_MS = 20;

/** Makes a network namespace that is joined to the lab's. @returns the beginning of a command that runs in it */
export async function ownNetwork({ lab, own }: Ends): Promise<string[]> {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  // it ends with the lab
  holder.unref();
  const path = `/proc/${holder.pid}/ns/net`;
  while (readlinkSync(path) === readlinkSync('/proc/self/ns/net')) await sleep(WAIT_MS);
  const inside = ['nsenter', `--net=${path}`, '--'];
  for (const command of [
    `ip link add to-controller type veth peer name to-lab netns ${holder.pid}`,
    `ip addr add ${lab}/30 dev to-controller`,
    'ip link set to-controller up',
  ]) {
    run(command.split(' '));
  }
  for (const command of [
    'ip link set lo up',
    `ip addr add ${own}/30 dev to-lab`,
    'ip link set to-lab up',
    `ip route add 10.0.0.0/24 via ${lab}`,
  ]) {
    run([...inside, ...command.split(' ')]);
  }
  return inside;
}

function run([command = '', ...args]: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
