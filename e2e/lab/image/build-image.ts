import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeBaseRoot } from './base-image.ts';

/** An image of this project as a container engine has it: its root filesystem, unpacked, and its configuration. */
export interface BuiltImage {
  root: string;
  config: ImageConfig;
  /** Digests of the layers over the base image, uncompressed. */
  ownLayers: readonly string[];
}

/** The fields of an OCI image's configuration that a runner goes by. */
interface ImageConfig {
  Entrypoint: readonly string[];
  Env: readonly string[];
  Labels: Readonly<Record<string, string>>;
  User?: string;
}

/** Longer than a run of the lab that may use it. */
const KEPT_MS = 24 * 3_600_000;

const PROJECT = new URL('../../../', import.meta.url).pathname;
/** What an image is made of. */
const INPUTS = ['Dockerfile', '.dockerignore', 'package-lock.json', 'tsconfig.json', 'scripts', 'src'];

/**
 * Builds the image from the Dockerfile with buildah, which needs no daemon, on a base of the same name that is made here. The image is
 * kept, by what it was made of.
 *
 * @param cache the folder for what is kept
 */
export function buildImage(cache: string, name: string): BuiltImage {
  const folder = join(cache, `image-${keyOf(name)}`);
  const kept = join(folder, 'image.json');
  if (!existsSync(kept)) {
    console.log('lab: building the image (once for each state of the sources)');
    removeOld(cache);
    const unfinished = `${folder}.unfinished-${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    const image = buildInto(unfinished, name);
    writeFileSync(join(unfinished, 'image.json'), JSON.stringify(image));
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  }
  return { ...JSON.parse(readFileSync(kept, 'utf8')), root: join(folder, 'root') };
}

/** Images of sources that have been changed since, and builds that failed: each has the size of a base image. */
function removeOld(cache: string): void {
  const old = readdirSync(cache)
    .filter((name) => name.startsWith('image-'))
    .map((name) => join(cache, name))
    .filter((folder) => Date.now() - statSync(folder).mtimeMs > KEPT_MS);
  for (const folder of old) rmSync(folder, { recursive: true, force: true });
}

/**
 * Builds the image into a folder.
 *
 * @returns it without the path of its root filesystem, which is `root` below the folder
 */
export function buildInto(folder: string, name: string): Omit<BuiltImage, 'root'> {
  const storage = join(folder, 'storage');
  const buildah = (...args: string[]): string =>
    execFileSync(
      'buildah',
      ['--storage-driver', 'vfs', '--root', storage, '--runroot', join(folder, 'run'), ...args],
      { encoding: 'utf8', cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 },
    ).trim();
  const base = join(folder, 'base');
  makeBaseRoot(base);
  const from = buildah('from', 'scratch');
  buildah('copy', from, base, '/');
  buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', from);
  buildah('commit', '--rm', from, `docker.io/library/${baseName()}`);
  buildah(
    'bud',
    '--isolation=chroot',
    '--pull-never',
    '--layers=false',
    '--timestamp=0',
    `--volume=${join(homedir(), '.npm')}:/root/.npm`,
    '--volume=/etc/ssl/certs:/etc/ssl/certs:ro',
    `--build-arg=IMAGE=${name}`,
    '--build-arg=VERSION=0.0.0-lab',
    '--build-arg=REVISION=none',
    `--tag=${name}`,
    '.',
  );
  const { OCIv1 } = JSON.parse(buildah('inspect', '--type=image', name));
  const made = buildah('from', '--pull-never', name);
  execFileSync('cp', ['-a', `${buildah('mount', made)}/.`, join(folder, 'root')]);
  for (const waste of [storage, base]) rmSync(waste, { recursive: true, force: true });
  return { config: OCIv1.config, ownLayers: OCIv1.rootfs.diff_ids.slice(1) };
}

/** The base image, as the Dockerfile has it. */
function baseName(): string {
  const found = /^ARG NODE=(\S+)$/m.exec(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'));
  if (found?.[1] === undefined) throw new Error('the Dockerfile has no ARG NODE=');
  return found[1];
}

function keyOf(name: string): string {
  const hash = createHash('sha256').update(name).update(process.version);
  for (const input of INPUTS) {
    for (const path of filesBelow(join(PROJECT, input)).sort()) hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 12);
}

function filesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name));
  } catch {
    return [path];
  }
}
