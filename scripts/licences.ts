import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that is in the bundle. */
export interface BundledPackage {
  name: string;
  version: string;
  /** As SPDX names it. */
  licence: string;
  /** The text of its licence; empty if the package has no file of it. */
  text: string;
}

/**
 * The packages that files of a bundle are from, by name.
 *
 * @param inputs paths from the root of the project, as esbuild's metafile has them; those of plugins have a namespace in front
 */
export function bundledPackages(inputs: readonly string[]): BundledPackage[] {
  const folders = inputs.flatMap((path) => {
    const found = /^(?:[\w-]+:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return found?.[1] === undefined ? [] : [found[1]];
  });
  return [...new Set(folders)]
    .map(readPackage)
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return {
    name,
    version,
    licence: typeof license === 'string' ? license : 'unknown',
    text: file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim(),
  };
}

/** The text of `LICENCES.txt`: a list of all packages, then each licence in full. */
export function licencesOf(packages: readonly BundledPackage[]): string {
  const list = packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = packages.map(
    ({ name, version, text }) =>
      `${'='.repeat(72)}\n${name} ${version}\n\n${text || '(no file of a licence)'}`,
  );
  return `Packages in this program, and their licences.\n\n${list.join('\n')}\n\n${texts.join('\n\n')}\n`;
}
