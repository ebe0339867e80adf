import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import test from 'node:test';

const ROOT = new URL('../../', import.meta.url).pathname;
const SRC = join(ROOT, 'src');

/**
 * The modules, and the modules that each may import from (docs/architecture.md). Data flows one way: settings, ci and image know no
 * cluster; traffic, workload and cluster know no promotion; engines do not know each other; only main knows them all.
 */
const BELOW = ['cluster', 'workload', 'traffic', 'analysis', 'image', 'ci', 'settings'];
const MODULES: Readonly<Record<string, readonly string[]>> = {
  settings: [],
  ci: [],
  window: ['ci', 'settings'],
  image: ['ci'],
  cluster: [],
  workload: ['cluster', 'image'],
  traffic: ['cluster', 'workload', 'analysis'],
  analysis: ['cluster', 'settings'],
  'engines/shared': BELOW,
  'engines/native': ['engines/shared', ...BELOW],
  'engines/argo': ['engines/shared', ...BELOW],
  'engines/keel': ['engines/shared', ...BELOW],
  report: [],
  rbac: ['engines/native', 'engines/argo', 'engines/keel', 'engines/shared', ...BELOW],
  cli: ['rbac', 'settings'],
  // shows what engines leave in the cluster, as the report does
  watch: ['report', 'engines/native', 'engines/argo', 'engines/keel', 'cluster', 'workload', 'settings'],
  check: ['rbac', 'window', 'engines/native', 'engines/argo', 'engines/keel', 'engines/shared', ...BELOW],
};

/** The folders of the native engine: each may import from those before it, and the loop, at the top, from all. */
const NATIVE = ['plan', 'lock', 'observe', 'converge', 'decide', 'rolling'];
/** What begins a promotion, and starts the loop. */
const AT_THE_TOP = ['start'];

/** What a reader takes in at once. */
const MOST_FILES = 15;

interface Import {
  from: string;
  to: string;
  /** It is loaded with the file that imports it: neither types alone, nor when it is wanted. */
  atOnce: boolean;
}

const imports: Import[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(/(import[^;]*?from|import\()\s*'(\.[^']+)'/g)].map(
      ([, how = '', to = '']) => ({
        from: file,
        to: relative(SRC, join(SRC, dirname(file), to)),
        atOnce: !/^import(\(| type)/.test(how),
      }),
    ),
  );

/** The module of a file; undefined for a file at the top, which every module may import. */
function moduleOf(file: string): string | undefined {
  const [first, second] = file.split(sep);
  if (!file.includes(sep)) return undefined;
  return first === 'engines' ? `${first}/${second}` : first;
}

test('every module is known', () => {
  const modules = new Set(imports.flatMap(({ from }) => moduleOf(from) ?? []));
  assert.deepEqual([...modules].sort(), Object.keys(MODULES).sort());
});

test('a module imports only from the modules that it may know', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [module, other] = [moduleOf(from), moduleOf(to)];
    if (module === undefined) return from !== 'main.ts' && other !== undefined;
    return other !== undefined && other !== module && !MODULES[module]?.includes(other);
  });
  assert.deepEqual(wrong, []);
});

test('in the native engine, imports run plan < lock < observe < converge < decide < rolling < loop', () => {
  const rank = (file: string) => {
    const [, , folder, rest] = file.split(sep);
    const isAtTheTop = rest === undefined || AT_THE_TOP.includes(folder ?? '');
    return isAtTheTop ? NATIVE.length : NATIVE.indexOf(folder ?? '');
  };
  const native = imports.filter(({ from, to }) =>
    [from, to].every((file) => moduleOf(file) === 'engines/native'),
  );
  assert.ok(native.length > 0);
  assert.deepEqual(
    native.filter(({ from, to }) => rank(to) > rank(from)),
    [],
  );
});

test(`no folder has more than ${MOST_FILES} files`, () => {
  const wide = ['src', 'test', 'e2e'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath }) => relative(ROOT, parentPath))
      // what the lab leaves while it runs
      .filter((folder) => !folder.includes('.run')),
  );
  const counts = Map.groupBy(wide, (folder) => folder);
  assert.deepEqual(
    [...counts]
      .filter(([, files]) => files.length > MOST_FILES)
      .map(([folder, { length }]) => `${folder}: ${length}`),
    [],
  );
});

test('nothing imports main', () => {
  assert.deepEqual(
    imports.filter(({ to }) => to === 'main.ts'),
    [],
  );
});

test('no import goes in a circle', () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  function walk(file: string, path: string[]): void {
    assert.ok(!path.includes(file), `a circle: ${[...path, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const to of next.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  }
  for (const file of next.keys()) walk(file, []);
});

test('only the cluster module knows the Kubernetes client, only settings reads PLUGIN_*', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const having = (text: string) =>
    files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes(text));
  assert.deepEqual(
    having('@kubernetes/client-node').filter((file) => moduleOf(file) !== 'cluster'),
    [],
  );
  assert.deepEqual(
    having("'PLUGIN_").filter((file) => moduleOf(file) !== 'settings'),
    [],
  );
});

test('the entrypoint loads no client of a cluster or a registry: a webhook alone is to cost no more than a script that sends it', () => {
  const loaded = new Set(['main.ts']);
  for (const file of loaded) {
    for (const { from, to, atOnce } of imports) if (from === file && atOnce) loaded.add(to);
  }
  assert.ok(loaded.has(join('engines', 'keel', 'engine.ts')));
  const heavy =
    /^((cluster|workload|traffic)\b|engines.(shared|native|argo)\b|image.(registry[/\\]|(prepare|tag.finish|session)\b))/;
  assert.deepEqual(
    [...loaded].filter((file) => heavy.test(file)),
    [],
  );
});
