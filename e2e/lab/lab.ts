import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import type { Addon } from '../addon.ts';
import { addonsOf, askedBy, scenariosFor } from '../all-scenarios.ts';
import { matrixOf } from '../matrix.ts';
import { build } from './build.ts';
import { CLAIMS } from './claims.ts';

/**
 * `npm run lab` and `npm run test:e2e`: builds what is missing, then goes into a network, mount and process namespace of its own,
 * where everything runs, and with whose first process everything ends. Scenarios are mostly waits, so that all of them are shared by
 * several labs, each of which takes the next one when it has ended its last.
 */
const [mode = 'up', ...args] = process.argv.slice(2);
const asked = askedBy(args);
/** What a comparison needs besides the control plane. */
const COMPARED: Readonly<Record<string, readonly Addon[]>> = {
  peers: ['argo-rollouts', 'prometheus'],
  finishes: ['argo-rollouts', 'traefik', 'envoy-gateway', 'istio'],
};
const compared = COMPARED[mode];
const built = build(compared ?? (mode === 'test' ? addonsOf(await scenariosFor('lab', asked)) : []));
const alone = mode === 'up' || compared !== undefined || asked.parts.length > 0;
const shards = Number(process.env.LAB_SHARDS ?? (alone ? 1 : 4));
rmSync(CLAIMS, { recursive: true, force: true });
mkdirSync(CLAIMS, { recursive: true });
const outputs: string[] = [];
const failed: string[] = [];
const codes = await Promise.all(Array.from({ length: shards }, (_, index) => runLab(index + 1)));
const matrix = matrixOf(outputs.join(''));
if (matrix !== undefined) console.log(`\n${matrix}\n`);
// last, because many a log of CI is cut in its middle
for (const output of failed) process.stdout.write(output);
process.exitCode = Math.max(...codes);

/** One lab, to its end; its output comes as it is made where it is the only one, else as a whole, and last if it has failed. */
function runLab(shard: number): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const inside = new URL('inside.ts', import.meta.url).pathname;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, ...asRoot, process.execPath, inside, mode, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LAB_BUILT: JSON.stringify(built),
      LAB_SHARD: `${shard}/${shards}`,
    },
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (shards === 1) process.stdout.write(text);
  });
  // unshare waits with SIGTERM ignored; killed, it takes the first process of the namespace with it, and that everything
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      if (shards > 1 && code === 0) process.stdout.write(output);
      else if (shards > 1) failed.push(output);
      outputs.push(output);
      resolve(code ?? (mode === 'up' ? 0 : 1));
    });
  });
}
