import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parse } from 'yaml';
import { runCommand } from '../../src/cli/run-command.ts';

/** Programs in the place of the real ones: they note what they were asked, and a Secret has a token from the third look on. */
const KUBECTL = `#!/bin/sh
printf '%s\\n' "$*" >> asked
case "$*" in
  'apply -f -') cat > applied ;;
  *data.token*) [ ! -e "$NEVER" ] || exit 0; [ "$(grep -c data.token asked)" -lt 3 ] || printf c2VjcmV0LXRva2Vu ;;
  *data.ca*) printf QUFBQQ== ;;
esac
`;
const DRONE = `#!/bin/sh
echo "drone $*" >> asked
cp kubeconfig.yaml given
stat -c %a kubeconfig.yaml > mode
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drone-promote-setup-'));
  for (const [name, text] of Object.entries({ kubectl: KUBECTL, drone: DRONE, sleep: '#!/bin/sh\n' }))
    writeFileSync(join(folder, name), text, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runScript(env: Record<string, string> = {}) {
  const args = [
    'setup',
    '--namespace',
    'shop',
    '--server',
    'https://10.0.0.5:6443/$x',
    '--repository',
    'shop/web',
  ];
  const { out } = runCommand(args, {});
  const PATH = `${folder}:${process.env.PATH}`;
  return spawnSync('sh', {
    cwd: folder,
    input: out,
    encoding: 'utf8',
    env: { PATH, NEVER: '/nowhere', ...env },
  });
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('the lines of drone-promote setup, in a shell', () => {
  it('wait for the token, and hand a kubeconfig with it to Drone that nobody else may read', () => {
    const { status, stderr } = runScript();
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(parse(read('applied')).metadata.name, 'drone-promote-token');
    const given = parse(read('given'));
    assert.deepEqual(given.clusters[0].cluster, {
      server: 'https://10.0.0.5:6443/$x',
      'certificate-authority-data': 'QUFBQQ==',
    });
    assert.deepEqual(given.users[0].user, { token: 'secret-token' });
    assert.equal(read('mode').trim(), '600');
    assert.match(read('asked'), /^--kubeconfig kubeconfig\.yaml auth can-i --list$/m);
    assert.match(
      read('asked'),
      /^drone secret add --repository shop\/web --name kubeconfig --data @kubeconfig\.yaml$/m,
    );
    assert.equal(existsSync(join(folder, 'kubeconfig.yaml')), false);
  });

  it('stop where the Secret stays empty, and give Drone nothing', () => {
    const { status, stderr } = runScript({ NEVER: folder });
    assert.equal(status, 1);
    assert.match(stderr, /has no token: does the ServiceAccount exist\?/);
    assert.equal(existsSync(join(folder, 'given')), false);
  });
});

describe('the lines of drone-promote setup with a workload', () => {
  it('apply the rights first, as rbac prints them', () => {
    const flags = ['--namespace', 'shop', '--workload', 'deployment/web', '--guard'];
    const { out } = runCommand(['setup', ...flags, '--server', 'https://10.0.0.5:6443'], {});
    writeFileSync(join(folder, 'setup.sh'), out);
    writeFileSync(join(folder, 'kubectl'), KUBECTL.replace('cat > applied', 'cat >> applied'), {
      mode: 0o755,
    });
    const { status, stderr } = spawnSync('sh', ['setup.sh'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}`, NEVER: '/nowhere' },
    });
    assert.deepEqual([status, stderr], [0, '']);
    const rights = runCommand(['rbac', ...flags], {}).out;
    assert.ok(read('applied').startsWith(rights));
    assert.match(read('applied').slice(rights.length), /name: drone-promote-token/);
  });
});
