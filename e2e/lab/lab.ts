import { spawn } from 'node:child_process';
import { build } from './build.ts';

/**
 * `npm run lab` and `npm run test:e2e`: builds what is missing, then goes into a network, mount and process namespace of its own,
 * where everything runs, and with whose first process everything ends.
 */
const [mode = 'up', ...filters] = process.argv.slice(2);
const built = build();
const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'nginx-ingress-controller'];
const paths = Object.fromEntries(programs.map((name) => [name, built.binary(name)]));
const inside = new URL('inside.ts', import.meta.url).pathname;
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
const child = spawn(
  'unshare',
  [
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    ...asRoot,
    process.execPath,
    inside,
    mode,
    ...filters,
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, LAB_PROGRAMS: JSON.stringify({ ...paths, nginxModule: built.nginxModule }) },
  },
);
// unshare waits with SIGTERM ignored; killed, it takes the first process of the namespace with it, and that everything
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
child.on('exit', (code) => {
  process.exitCode = code ?? (mode === 'up' ? 0 : 1);
});
