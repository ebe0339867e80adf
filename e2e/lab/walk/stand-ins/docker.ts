import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildah } from '../../../../test/sim/registry/real.ts';
import { startContainer } from '../../container-step.ts';
import { deskOf } from '../desk.ts';

/**
 * Instead of docker: `build` and `push` of the app are buildah's, on an empty base image; those of this project only note the name,
 * because the lab has built it; `run` runs that in its root filesystem.
 */
const { folder, image } = deskOf();
const [verb, ...words] = process.argv.slice(2);
const storage = join(folder, 'buildah');
/** The names that this project's image was given. */
const names = join(folder, 'images');
const BASE = 'docker.io/library/node:24-bookworm-slim';

switch (verb) {
  case 'build':
    build(words);
    break;
  case 'push':
    push(words[0] ?? '');
    break;
  case 'run':
    run(words);
    break;
  default:
    fail(`the walk does not know docker ${verb}`);
}

function build(args: string[]): void {
  const name = args[args.indexOf('-t') + 1] ?? '';
  if (readFileSync('Dockerfile', 'utf8').includes('ENTRYPOINT ["node", "/app/main.js"]')) {
    appendFileSync(names, `${name}\n`);
    console.log('(the lab has built this Dockerfile already)');
    return;
  }
  if (!existsSync(storage)) {
    const empty = buildah(storage, 'from', 'scratch').trim();
    buildah(storage, 'commit', '--rm', empty, BASE);
  }
  buildah(storage, 'bud', '--isolation=chroot', '--pull-never', ...args);
  console.log(`naming to ${name}`);
}

function push(name: string): void {
  if (isOurs(name)) console.log('(the lab has it; no registry is needed)');
  else {
    buildah(storage, 'push', '--tls-verify=false', name, `docker://${name}`);
    console.log(`pushed ${name}`);
  }
}

function run(args: string[]): void {
  const mounts: [string, string][] = [];
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    if (args[at] === '-v') {
      const [from = '', to = ''] = args[++at]?.split(':') ?? [];
      mounts.push([from, to]);
    } else if (args[at] !== '--rm') fail(`the walk does not know docker run ${args[at]}`);
  }
  const name = args[at] ?? '';
  if (!isOurs(name)) fail(`Unable to find image '${name}'`);
  const child = startContainer(image, { mounts, args: args.slice(at + 1), stdio: 'inherit' });
  child.once('exit', (code) => process.exit(code ?? 1));
}

function isOurs(name: string): boolean {
  return existsSync(names) && readFileSync(names, 'utf8').split('\n').includes(name);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
