import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployApp, imageOf, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const MAIN = new URL('../../../dist/main.js', import.meta.url).pathname;

/** Instead of Drone's: it keeps what it is given, because the script removes the file. */
const DRONE = '#!/bin/sh\ncp kubeconfig.yaml given.yaml\n';

/** Runs a line of README as an administrator does, in a folder with `drone-promote` and `drone`. @returns what it prints */
function shell(world: World, folder: string, line: string): string {
  assert.ok(world.administrator);
  const env = { ...world.administrator, PATH: `${folder}:${world.administrator.PATH}` };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' });
  assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
  return stdout;
}

/** The address of the API server, as every kubeconfig of the world has it. */
async function serverOf(world: World): Promise<string> {
  return JSON.parse(await world.kubeconfig([])).clusters[0].cluster.server;
}

/** What README says to an administrator, with the real kubectl. */
export const scenarios: Scenario[] = [
  {
    name: 'kubectl applies what rbac and setup print, and a promotion passes with it',
    only: 'lab',
    needs: ['kubectl'],
    inFull: true,
    async run(world) {
      const folder = mkdtempSync(join(tmpdir(), 'drone-promote-kubectl-'));
      try {
        writeFileSync(join(folder, 'drone'), DRONE, { mode: 0o755 });
        writeFileSync(join(folder, 'drone-promote'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, {
          mode: 0o755,
        });
        await deployApp(world);
        const run = (line: string) => shell(world, folder, line);
        const rbac = `drone-promote rbac --workload deployment/web --namespace ${world.namespace} --guard`;
        // the lab has granted the rights to this account already, so they are taken away first
        run(`${rbac} | kubectl delete --ignore-not-found -f -`);
        const kubectl = `kubectl -n ${world.namespace} get serviceaccounts,roles,rolebindings -o name`;
        assert.doesNotMatch(run(kubectl), /role.*drone-promote-nginx$|serviceaccount\/drone-promote$/m);

        // an administrator may ask for the rights of the guard; what else a desk lacks is of no interest here
        const check = `drone-promote check --workload deployment/web --namespace ${world.namespace} --repo ${REPO} --tag 1.1.0 --verify false --guard --guard-image ${world.guardImage} || true`;
        assert.match(
          run(check),
          / fault +guard +ServiceAccount drone-promote-guard lacks \d+ of \d+ rights: update, /,
        );
        assert.match(run(`${rbac} | kubectl apply -f -`), /^serviceaccount\/drone-promote created$/m);
        assert.match(run(check), / ok +guard +ServiceAccount drone-promote-guard has all \d+ rights that it/);
        const server = await serverOf(world);
        run(
          `drone-promote setup --namespace ${world.namespace} --server ${server} --repository shop/web > setup.sh`,
        );
        run('sh setup.sh');
        const kubeconfig = readFileSync(join(folder, 'given.yaml'), 'utf8');
        const settings = {
          ...SETTINGS,
          kubeconfig,
          namespace: undefined,
          guard: true,
          guard_image: world.guardImage,
        };

        const checked = await world.step({ ...settings, action: 'check' }).done;
        assert.match(checked.log, / ok +rights +all \d+ that a promotion needs\n/);
        assert.doesNotMatch(checked.log, / note +rights | fault /);
        assert.match(checked.log, / note +guard +Whether .* is not known: only an administrator may ask\.\n/);
        const { code, log } = await world.step(settings).done;
        assert.equal(code, 0, log);
        assert.match(log, / PROMOTED /);
        assert.equal(await imageOf(world), `${REPO}:1.1.0`);

        // a desk has the same, without the variables of a CI
        const env = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: join(folder, 'given.yaml') };
        const status = execFileSync(process.execPath, [MAIN, 'status', '--workload', 'deployment/web'], {
          env,
          encoding: 'utf8',
        });
        assert.match(status, /SHOWN +Deployment\/web is not being promoted/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
