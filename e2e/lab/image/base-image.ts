import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What Node, npm and the shell of a build need of Debian. */
const DEBIAN = [
  'base-passwd',
  'coreutils',
  'dash',
  'libacl1',
  'libattr1',
  'libc6',
  'libgcc-s1',
  'libgmp10',
  'libpcre2-8-0',
  'libselinux1',
  'libstdc++6',
];

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * A root filesystem in the place of the base image, which no registry is asked for: the files of the machine's own Debian packages, the
 * Node of node_modules, and the machine's npm.
 */
export function makeBaseRoot(root: string): void {
  rmSync(root, { recursive: true, force: true });
  for (const folder of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'usr/local/bin', 'usr/local/etc']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ['dev', 'etc', 'proc', 'root', 'tmp']) mkdirSync(join(root, folder));
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${folder}`, join(root, folder));
  const listed = execFileSync('dpkg', ['-L', ...DEBIAN], { encoding: 'utf8' }).split('\n');
  const files = [...new Set(listed)].filter(
    (path) => path.startsWith('/') && !path.startsWith('/usr/share') && isFile(path),
  );
  const packed = execFileSync('tar', ['-c', '-P', '--no-recursion', '-T', '-'], {
    input: files.join('\n'),
    maxBuffer: 1 << 28,
  });
  execFileSync('tar', ['-x', '-C', root, '--keep-directory-symlink'], {
    input: packed,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  for (const name of ['passwd', 'group']) {
    cpSync(`/usr/share/base-passwd/${name}.master`, join(root, 'etc', name));
  }
  const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  cpSync(process.execPath, join(root, 'usr/local/bin/node'));
  // …/npm/bin/npm-cli.js
  cpSync(dirname(dirname(npm)), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  if (existsSync(CERTIFICATES)) {
    writeFileSync(join(root, 'usr/local/etc/npmrc'), `cafile=${CERTIFICATES}\n`);
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && !lstatSync(path).isDirectory();
}
