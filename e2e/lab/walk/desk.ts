import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltImage } from '../image/build-image.ts';

/** What the programs of a person's desk know: its folder, and the image that the lab has built. */
export interface Desk {
  folder: string;
  image: BuiltImage;
}

/** Programs that a person has and the lab has not; each is a file of stand-ins/. */
const STAND_INS = ['docker', 'drone', 'helm'];

/**
 * Lays out the desk: programs in `bin`, a home with the kubeconfig of an administrator, a repository of the app at a server of Git, and
 * its clone.
 *
 * @param builds how many builds Drone has made already
 * @returns the folder of the clone, and the environment of the person's shell
 */
export function layDesk(
  desk: Desk,
  administrator: Readonly<Record<string, string>>,
  builds: number,
): { clone: string; env: Record<string, string> } {
  const { folder } = desk;
  const [bin, home, remote, clone] = ['bin', 'home', 'web.git', 'web'].map((each) => join(folder, each)) as [
    string,
    string,
    string,
    string,
  ];
  for (const each of [bin, join(home, '.kube'), join(folder, 'secrets')])
    mkdirSync(each, { recursive: true });
  writeFileSync(join(folder, 'desk.json'), JSON.stringify(desk));
  for (const name of STAND_INS) writeProgram(join(bin, name), `${name}.ts`, folder);
  writeFileSync(join(home, '.kube/config'), readFileSync(administrator.KUBECONFIG ?? ''));
  const git = (...args: string[]) => execFileSync('git', args, { stdio: 'ignore' });
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  writeFileSync(buildsOf(folder), 'refs/heads/main none\n'.repeat(builds));
  // as Drone hears of a push
  writeProgram(join(remote, 'hooks/post-receive'), 'drone.ts', folder);
  git('clone', '--quiet', remote, clone);
  return {
    clone,
    env: {
      HOME: home,
      PATH: `${bin}:${administrator.PATH}`,
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
    },
  };
}

function writeProgram(path: string, standIn: string, folder: string): void {
  const program = new URL(`stand-ins/${standIn}`, import.meta.url).pathname;
  const script = `#!/bin/sh\nDESK='${folder}' exec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(path, script, { mode: 0o755 });
}

/** The desk of a stand-in, by its environment. */
export function deskOf(): Desk {
  return JSON.parse(readFileSync(join(process.env.DESK ?? '', 'desk.json'), 'utf8'));
}

/** The file of Drone's builds: a line each, with the ref and the commit. */
export function buildsOf(folder: string): string {
  return join(folder, 'builds');
}
