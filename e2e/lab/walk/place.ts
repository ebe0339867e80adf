import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type RealRegistry, startRealRegistry } from '../../../test/sim/registry/real.ts';
import type { KubeObject, World } from '../../world.ts';
import { USERS_ADDRESS } from '../users-address.ts';
import { layDesk } from './desk.ts';
import { type Entered, type Shell, startShell } from './shell.ts';

/** The registry of the documents. The lab takes its address. */
const REGISTRY = { address: '192.0.2.10', port: 5000 } as const;

/** What a person has before a walk. */
export interface Place {
  world: World;
  folder: string;
  /** The clone of the app's repository, where the shell begins. */
  clone: string;
  shell: Shell;
  /** Does what the cluster does in the lab's place; to be called after each line. */
  after(entered: Entered): Promise<void>;
}

/**
 * Gives a person a desk, a shell and a registry, and takes all away again, with the namespace `shop`.
 *
 * @param builds how many builds Drone has made already
 */
export async function inPlace(
  world: World,
  builds: number,
  tell: (place: Place) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drone-promote-walk-'));
  const users: ChildProcess[] = [];
  const address = ['addr', 'add', `${REGISTRY.address}/32`, 'dev', 'lo'];
  execFileSync('ip', address);
  let registry: RealRegistry | undefined;
  let shell: Shell | undefined;
  try {
    registry = await startRealRegistry('none', REGISTRY.address, REGISTRY.port);
    assert.ok(world.image && world.administrator);
    const { clone, env } = layDesk({ folder, image: world.image }, world.administrator, builds);
    shell = startShell(clone, env);
    await tell({
      world,
      folder,
      clone,
      shell,
      async after({ command }) {
        if (command.includes('users.yaml')) users.push(startUsers(folder, clone));
      },
    });
  } finally {
    for (const each of users) each.kill('SIGKILL');
    shell?.end();
    await registry?.close();
    execFileSync('ip', address.with(1, 'del'));
    await world.api.delete('/api/v1/namespaces/shop').catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the program of users.yaml: the lab's node runs no images but this project's. The name of the Service is that of the controller. */
function startUsers(folder: string, clone: string): ChildProcess {
  const [{ spec } = {}] = parseAllDocuments(readFileSync(join(clone, 'users.yaml'), 'utf8')).map(
    (each) => each.toJS() as KubeObject,
  );
  const [, , program] = spec.template.spec.containers[0].command;
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, `${USERS_ADDRESS} ingress-nginx-controller.ingress-nginx\n`);
  const enter = `mount --bind '${hosts}' /etc/hosts && exec "$0" -e "$1"`;
  const args = ['--mount', '--fork', '--kill-child', 'sh', '-c', enter, process.execPath, program];
  return spawn('unshare', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
