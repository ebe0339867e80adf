/**
 * Runs a program in a mount namespace with folders at paths of its own, such as /certs, which it looks for and the machine does not have.
 * The root is a new one, with all that the machine's has, so that nothing is left of it.
 */
const SCRIPT = `
root=$1; shift
mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
for each in /*; do
  if [ -L "$each" ]; then cp -P "$each" "$root$each"
  elif [ -d "$each" ]; then mkdir "$root$each"; mount --rbind "$each" "$root$each"
  fi
done
while [ "$1" != -- ]; do mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2; done
shift
exec chroot "$root" "$@"
`;

/**
 * The command that does it.
 *
 * @param root a folder that does not exist yet
 * @param mounts by path: the folder that is there
 */
export function withOwnRoot(
  root: string,
  mounts: Readonly<Record<string, string>>,
  command: readonly string[],
): string[] {
  const pairs = Object.entries(mounts).flatMap(([path, folder]) => [folder, path]);
  return ['unshare', '--mount', '/bin/sh', '-ec', SCRIPT, 'sh', root, ...pairs, '--', ...command];
}
