import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { BuiltImage } from './image/build-image.ts';
import { type StepProcess, stepOf } from './step-process.ts';

/** Where Drone puts the workspace of a pipeline. */
export const WORKSPACE = '/drone/src';

/** Goes into the root filesystem as a container engine does: it is read-only, and `$MOUNTS` has what is mounted, two words a line. */
const ENTER = `
set -e
mount --bind "$ROOT" "$ROOT"
echo "$MOUNTS" | while read -r from to; do
  [ -n "$from" ] || continue
  if [ -d "$from" ]; then mkdir -p "$ROOT$to"; else : > "$ROOT$to"; fi
  mount --bind "$from" "$ROOT$to"
done
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -o remount,bind,ro "$ROOT"
cd "$ROOT"
exec env -i "$@"
`;

/** What a container gets of the machine. */
interface ContainerOptions {
  /** Over the environment of the image. */
  env?: Readonly<Record<string, string>>;
  /** Folders and files of this machine, and where the container sees them. */
  mounts: readonly (readonly [from: string, to: string])[];
  cwd?: string;
  /** Arguments of the entrypoint. */
  args?: readonly string[];
  stdio?: StdioOptions;
}

/** Runs an image as a container engine does: its entrypoint is the first process, in its root filesystem. */
export function startContainer(
  { root, config }: BuiltImage,
  { env = {}, mounts, cwd = '/', args = [], stdio = ['ignore', 'pipe', 'pipe'] }: ContainerOptions,
): ChildProcess {
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const command = ['chroot', root, 'env', '-C', cwd, ...config.Entrypoint, ...args];
  return spawn(
    'unshare',
    ['--pid', '--mount', '--fork', '--kill-child', 'sh', '-c', ENTER, 'sh', ...variables, ...command],
    {
      env: {
        PATH: process.env.PATH ?? '',
        ROOT: root,
        MOUNTS: mounts.map((each) => each.join(' ')).join('\n'),
      },
      stdio,
    },
  );
}

/**
 * A step as Drone's runner starts a container: the image's environment under that of the step, in the workspace, without a terminal. The
 * workspace is the runner's, who is root.
 *
 * @param workspace the folder of this machine that the step sees as its workspace
 */
export function startContainerStep(
  image: BuiltImage,
  env: Readonly<Record<string, string>>,
  workspace: string,
): StepProcess {
  return stepOf(startContainer(image, { env, mounts: [[workspace, WORKSPACE]], cwd: WORKSPACE }));
}
