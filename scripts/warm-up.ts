import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const NOTHING = { metadata: { resourceVersion: '1' }, items: [] };

/** What the warm-up is answered, by path; a webhook is taken without a word. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/v1/webhooks/native': '',
  '/apis/apps/v1/namespaces/default/deployments/web': { metadata: { name: 'web' } },
  '/apis/coordination.k8s.io/v1/namespaces/default/leases': NOTHING,
  '/apis/networking.k8s.io/v1/namespaces/default/ingresses': NOTHING,
};

/** As src/workload/pod-security.ts has it, which an image's build does not have at hand. */
const GUARD_USER = '1000';

const BUILD = {
  DRONE: 'true',
  DRONE_BUILD_EVENT: 'promote',
  DRONE_DEPLOY_TO: 'production',
  DRONE_TAG: 'v1.0.0',
};

/**
 * Fills the compile cache of a bundle: runs it once for each engine, against a server that knows just enough. Node keeps what has been
 * compiled until the first process that loads a file ends, and never adds to it.
 *
 * The seed makes V8 write the same bytes each time; it is not one of the flags that a run must share to use the cache. Node writes the
 * files for the owner alone, and a guard runs as another user.
 *
 * @param folder of the bundle; a path that is not absolute is from where this runs
 */
export async function warmUp(folder: string): Promise<void> {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      const [path = ''] = (request.url ?? '').split('?');
      const answer = ANSWERS[path];
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(answer === '' ? undefined : JSON.stringify(answer ?? { kind: 'Status', code: 404 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const settings of [
    { PLUGIN_URLS: `${address}/v1/webhooks/native`, PLUGIN_REPO: 'shop/web' },
    {
      PLUGIN_ACTION: 'status',
      PLUGIN_WORKLOAD: 'deployment/web',
      PLUGIN_SERVER: address,
      PLUGIN_TOKEN: 'none',
    },
  ]) {
    const env = { ...BUILD, ...settings };
    await promisify(execFile)(process.execPath, ['--random-seed=1', join(folder, 'main.js')], { env });
  }
  server.close();
  const cache = join(folder, '.compile-cache');
  // Node looks in a folder of its version, its platform and the user
  const [own = ''] = readdirSync(cache);
  const ofGuard = join(cache, own.replace(/\d+$/, GUARD_USER));
  if (!existsSync(ofGuard)) symlinkSync(own, ofGuard);
  for (const file of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) chmodSync(join(file.parentPath, file.name), 0o644);
  }
}

const [folder] = process.argv.slice(2);
if (import.meta.main && folder !== undefined) await warmUp(folder);
