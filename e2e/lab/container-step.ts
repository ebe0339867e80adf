import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltImage } from './image/build-image.ts';
import { type StepProcess, stepOf } from './step-process.ts';

/** Where Drone puts the workspace of a pipeline. */
export const WORKSPACE = '/drone/src';

/** Goes into the root filesystem as a runner's container does: it is read-only, and the workspace is the runner's, who is root. */
const ENTER = `
set -e
mount --bind "$ROOT" "$ROOT"
mount --bind "$WORKSPACE" "$ROOT/drone/src"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -o remount,bind,ro "$ROOT"
cd "$ROOT"
exec env -i "$@"
`;

/**
 * A step as Drone's runner starts a container: the image's entrypoint is the first process, with the image's environment under that of the
 * step, in the workspace, without a terminal.
 *
 * @param workspace the folder of this machine that the step sees as its workspace
 */
export function startContainerStep(
  { root, config }: BuiltImage,
  env: Readonly<Record<string, string>>,
  workspace: string,
): StepProcess {
  mkdirSync(join(root, WORKSPACE), { recursive: true });
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const command = ['chroot', root, 'env', '-C', WORKSPACE, ...config.Entrypoint];
  const child = spawn(
    'unshare',
    ['--pid', '--mount', '--fork', '--kill-child', 'sh', '-c', ENTER, 'sh', ...variables, ...command],
    {
      env: { PATH: process.env.PATH ?? '', ROOT: root, WORKSPACE: workspace },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return stepOf(child);
}
