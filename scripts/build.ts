import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundledPackages, licencesOf } from './licences.ts';
import { warmUp } from './warm-up.ts';

/**
 * The bundle that the image holds:
 *
 * - `dist/main.js`, what is run: turns Node's compile cache on, then loads the program;
 * - `dist/app.js`, the program, and in pieces of their own what not every run needs: a webhook does not load the Kubernetes client;
 * - `dist/.compile-cache`, the compiled code of the first runs (warm-up.ts). It belongs to one version of Node, and is found by paths from
 *   itself, so that `dist` may be moved;
 * - `dist/LICENCES.txt`, the licences of the packages that are in it.
 *
 * Paths are from the root of the project, where npm runs its scripts.
 */
const OUT = 'dist';

/** What loads slowly in Node itself, and the packages that load it in case it should be wanted: there it is loaded when it is. */
const SLOW = new Set(['https', 'http2', 'tls', 'crypto', 'assert']);
const EAGER =
  /[\\/]node_modules[\\/](axios|follow-redirects|https-proxy-agent|agent-base|form-data|sonic-boom)[\\/]/;

/**
 * Node's own modules are taken from `process.getBuiltinModule`, and of an `import` only the names that are used. An `import` proper reads
 * every export for the module's namespace, lazy ones too: node:http so loads the whole of undici (27 ms of a start, measured with
 * --cpu-prof on Node 24.21), node:util its decoders and the diff of assert (7 ms).
 */
const frugalBuiltins: Plugin = {
  name: 'frugal-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z][a-z0-9_:/]*$/ }, ({ path, importer, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const name = path.replace(/^node:/, '');
      const isLazy = SLOW.has(name) && EAGER.test(importer);
      const namespace = isLazy ? 'lazy-builtin' : kind === 'require-call' ? 'builtin' : 'imported-builtin';
      return { path: name, namespace, sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = __builtin('node:${path}');`,
    }));
    onLoad({ filter: /.*/, namespace: 'imported-builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter(
        (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
      );
      const read = (what: string) => `/* @__PURE__ */ (() => ${what})()`;
      return {
        contents: [
          `const whole = ${read(`__builtin('node:${path}')`)};`,
          'export default whole;',
          ...names.map(
            (name) => `const _${name} = ${read(`whole.${name}`)}; export { _${name} as ${name} };`,
          ),
        ].join('\n'),
      };
    });
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: `module.exports = new Proxy(function () {}, {
        get: (_, name) => (name === '__esModule' ? undefined : __builtin('node:${path}')[name]),
        apply: (_, self, args) => Reflect.apply(__builtin('node:${path}'), self, args),
      });`,
    }));
  },
};

/**
 * What axios loads with itself and this program never asks it for, with what stands there instead. Measured on a start: the globals of
 * fetch (undici, 35 ms), form-data (the table of all media types, 11 ms), follow-redirects (2 ms; every request here has maxRedirects 0,
 * which goes past it).
 */
const UNUSED: readonly (readonly [file: RegExp, contents: string])[] = [
  [
    /[\\/]axios[\\/]lib[\\/]adapters[\\/]fetch\.js$/,
    'export const getFetch = () => false; export default false;',
  ],
  [
    /[\\/]axios[\\/]lib[\\/]platform[\\/]node[\\/]classes[\\/]FormData\.js$/,
    'export default class FormData {}',
  ],
  [/[\\/]follow-redirects[\\/]index\.js$/, 'export default {};'],
];

const withoutUnused: Plugin = {
  name: 'axios-without-what-is-not-used',
  setup({ onLoad }) {
    for (const [filter, contents] of UNUSED) onLoad({ filter }, () => ({ contents, loader: 'js' }));
  },
};

/**
 * What libraries import for cases that few have, loaded when it is used: by the library's path, the packages and the names that it imports.
 * undici serves the watches of a promotion, socks and hpagent a `proxy-url`, https-proxy-agent a proxy before Keel, thread-stream a log
 * that is written elsewhere.
 */
const RARE: readonly (readonly [importer: RegExp, Readonly<Record<string, readonly string[]>>])[] = [
  [
    /[\\/]@kubernetes[\\/]client-node[\\/]/,
    {
      undici: ['Agent', 'ProxyAgent', 'fetch'],
      socks: ['SocksClient'],
      'socks-proxy-agent': ['SocksProxyAgent'],
      hpagent: ['HttpProxyAgent', 'HttpsProxyAgent'],
    },
  ],
  [/[\\/]axios[\\/]/, { 'https-proxy-agent': ['default'] }],
  [/[\\/]pino[\\/]/, { 'thread-stream': ['default'] }],
];

const rarePackages: Plugin = {
  name: 'rare-packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z-]+$/ }, ({ path, importer }) => {
      const names = RARE.find(([from]) => from.test(importer))?.[1][path];
      if (names === undefined) return undefined;
      return { path, namespace: 'rare', pluginData: { names, resolveDir: dirname(importer) } };
    });
    onLoad({ filter: /.*/, namespace: 'rare' }, ({ path, pluginData: { names, resolveDir } }) => ({
      resolveDir,
      contents: [
        `const whole = () => require('${path}');`,
        'const rare = (read) => new Proxy(function () {}, {',
        '  get: (_, key) => read()[key],',
        '  apply: (_, self, args) => Reflect.apply(read(), self, args),',
        '  construct: (_, args) => Reflect.construct(read(), args),',
        '});',
        ...names.map((name: string) =>
          name === 'default'
            ? 'module.exports = rare(whole);'
            : `export const ${name} = rare(() => whole().${name});`,
        ),
      ].join('\n'),
    }));
  },
};

/** The client's generated API, 300 KB that every file of it imports, is not used: without effects of their own those files fall away. */
const withoutApis: Plugin = {
  name: 'kubernetes-client-without-apis',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ path, importer }) =>
      /[\\/]@kubernetes[\\/]client-node[\\/]dist[\\/]/.test(importer)
        ? { path: join(dirname(importer), path), sideEffects: false }
        : undefined,
    );
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
  plugins: [rarePackages, withoutApis, frugalBuiltins, withoutUnused],
  // The launcher is the entry module, but the program is to run as if it were.
  define: { 'import.meta.main': 'true' },
  banner: {
    // undici and others in the bundle are CommonJS and call require for Node's own modules.
    js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url), __builtin = process.getBuiltinModule;',
  },
});
writeFileSync(`${OUT}/main.js`, readFileSync('scripts/launcher.js'), { mode: 0o755 });
// without it Node parses each file once more, to find out that it is a module
writeFileSync(`${OUT}/package.json`, '{ "type": "module" }\n');
const isQuiet = process.argv.includes('--quiet');
for (const [file, { bytes, entryPoint }] of Object.entries(metafile.outputs)) {
  if (file.endsWith('.js') && !isQuiet) {
    console.log(`${file} ${Math.round(bytes / 1024)} KB${entryPoint ? ` (${entryPoint})` : ''}`);
  }
}
writeFileSync(`${OUT}/LICENCES.txt`, licencesOf(bundledPackages(Object.keys(metafile.inputs))));
await warmUp(OUT);
