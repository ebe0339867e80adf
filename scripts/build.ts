import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * The bundle that the image holds:
 *
 * - `dist/main.js`, what is run: turns Node's compile cache on, then loads the program;
 * - `dist/app.js`, the program, and in pieces of their own what not every run needs: a webhook does not load the Kubernetes client;
 * - `dist/.compile-cache`, the compiled code of the first runs. It belongs to one version of Node and one path; where it does not fit
 *   Node compiles as ever. So an image is built by running this inside of it.
 *
 * Paths are from the root of the project, where npm runs its scripts.
 */
const OUT = 'dist';

const LAUNCHER = `#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
enableCompileCache(import.meta.dirname + '/.compile-cache');
await import('./app.js');
`;

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { app: 'src/main.ts' },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  metafile: true,
  legalComments: 'linked',
  logLevel: 'warning',
  chunkNames: 'chunk-[name]-[hash]',
  // The launcher is the entry module, but the program is to run as if it were.
  define: { 'import.meta.main': 'true' },
  banner: {
    // undici and others in the bundle are CommonJS and call require for Node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
writeFileSync(`${OUT}/main.js`, LAUNCHER, { mode: 0o755 });
for (const [file, { bytes, entryPoint }] of Object.entries(metafile.outputs)) {
  if (file.endsWith('.js')) {
    console.log(`${file} ${Math.round(bytes / 1024)} KB${entryPoint ? ` (${entryPoint})` : ''}`);
  }
}
warmUp();

/**
 * Runs the bundle as far as it gets without a network, so that its code is compiled and kept: an address on loopback where nobody
 * listens (port 9, "discard"), for each of the engines.
 */
function warmUp(): void {
  const common = {
    PATH: process.env.PATH,
    DRONE_BUILD_EVENT: 'promote',
    DRONE_DEPLOY_TO: 'production',
    DRONE_TAG: 'v1.0.0',
    DRONE_COMMIT_REF: 'refs/tags/v1.0.0',
  };
  const runs = [
    { PLUGIN_URLS: 'http://127.0.0.1:9/v1/webhooks/native', PLUGIN_REPO: 'a/b', PLUGIN_DRY_RUN: 'true' },
  ];
  for (const settings of runs) {
    execFileSync(process.execPath, [`${OUT}/main.js`], { env: { ...common, ...settings } });
  }
}
