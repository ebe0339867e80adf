import { rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Paths from the root of the project, where npm runs its scripts. */
const OUT = 'dist';

/**
 * The bundle that the image holds: `dist/main.js`, and in pieces of their own what only one engine needs, so that a webhook does not
 * load the Kubernetes client.
 */
rmSync(OUT, { recursive: true, force: true });
const result = await build({
  entryPoints: { main: 'src/main.ts' },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  keepNames: false,
  metafile: true,
  legalComments: 'linked',
  logLevel: 'warning',
  chunkNames: 'chunk-[name]-[hash]',
  banner: {
    // undici and others in the bundle are CommonJS and call require for Node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
for (const [file, { bytes, entryPoint }] of Object.entries(result.metafile.outputs)) {
  if (file.endsWith('.js')) console.log(`${file} ${Math.round(bytes / 1024)} KB${entryPoint ? ` (${entryPoint})` : ''}`);
}
