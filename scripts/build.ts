import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { build, type Plugin } from 'esbuild';

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
process.getBuiltinModule('node:module').enableCompileCache(import.meta.dirname + '/.compile-cache');
// A getter that loads the whole of undici, which axios reads when it is loaded. Nothing here has a form to send.
delete globalThis.FormData;
await import('./app.js');
`;

/** What loads slowly in Node itself, and the packages that load it in case it should be wanted: there it is loaded when it is. */
const SLOW = new Set(['https', 'http2', 'tls', 'crypto']);
const EAGER = /[\\/]node_modules[\\/](axios|follow-redirects|https-proxy-agent|agent-base|form-data)[\\/]/;

/**
 * Node's own modules are taken from `process.getBuiltinModule`. An `import` of node:http reads every export for the module's namespace,
 * lazy ones too, and so loads the whole of undici: 27 ms of a start, measured with --cpu-prof on Node 24.21.
 */
const frugalBuiltins: Plugin = {
  name: 'frugal-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z][a-z0-9_:/]*$/ }, ({ path, importer }) => {
      if (!isBuiltin(path)) return undefined;
      const name = path.replace(/^node:/, '');
      const isLazy = SLOW.has(name) && EAGER.test(importer);
      return { path: name, namespace: isLazy ? 'lazy-builtin' : 'builtin', sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = __builtin('node:${path}');`,
    }));
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, {
        get: (_, name) => (name === '__esModule' ? undefined : __builtin('node:${path}')[name]),
      });`,
    }));
  },
};

/**
 * axios asks for the globals of fetch as soon as it is loaded, in case its fetch adapter should be wanted: that loads undici too,
 * another 35 ms. Here the adapter of node:http is the only one.
 */
const withoutFetch: Plugin = {
  name: 'axios-without-fetch',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]axios[\\/]lib[\\/]adapters[\\/]fetch\.js$/ }, () => ({
      contents: 'export const getFetch = () => false; export default false;',
      loader: 'js',
    }));
  },
};

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
  plugins: [frugalBuiltins, withoutFetch],
  // The launcher is the entry module, but the program is to run as if it were.
  define: { 'import.meta.main': 'true' },
  banner: {
    // undici and others in the bundle are CommonJS and call require for Node's own modules.
    js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url), __builtin = process.getBuiltinModule;',
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
