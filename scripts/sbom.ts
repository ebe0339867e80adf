import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm run sbom`: prints the packages of the program as CycloneDX, by npm. It is asked in a folder without the packages for development:
 * `npm sbom --omit dev` also leaves out packages that both need, such as yaml (seen with npm 11.19.1).
 */
const ROOT = new URL('../', import.meta.url).pathname;
const above = mkdtempSync(join(tmpdir(), 'sbom-'));
try {
  // npm names the program after its folder
  const folder = join(above, 'drone-promote');
  mkdirSync(folder);
  const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = Object.entries<{ dev?: true; devDependencies?: unknown }>(lock.packages)
    .filter(([, { dev }]) => !dev)
    .map(([path, { devDependencies: _, ...rest }]) => [path, rest]);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }),
  );
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  process.stdout.write(execFileSync('npm', args, { cwd: folder }));
} finally {
  rmSync(above, { recursive: true });
}
