import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import test from 'node:test';

const SRC = new URL('../../src/', import.meta.url).pathname;

/**
 * The rooms, and the rooms that each may import from. Data flows one way (README, "How it is built"): settings, ci and image know no
 * cluster; traffic, workload and cluster know no promotion; engines do not know each other; only main knows them all.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  settings: [],
  ci: [],
  image: ['ci'],
  cluster: [],
  workload: ['cluster', 'image'],
  traffic: ['cluster', 'workload'],
  analysis: ['cluster', 'settings'],
  promotion: ['cluster', 'workload', 'traffic', 'analysis', 'image', 'ci', 'settings'],
  keel: ['cluster', 'workload', 'analysis', 'image', 'ci', 'settings'],
  argo: ['cluster', 'workload', 'traffic', 'analysis', 'image', 'ci', 'settings'],
  report: [],
};

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

/** The room of a file; undefined for those that stand at the top and belong to all. */
function roomOf(file: string): string | undefined {
  return file.includes(sep) ? file.split(sep)[0] : undefined;
}

test('every room is known', () => {
  const rooms = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(rooms.map(({ name }) => name).sort(), Object.keys(ROOMS).sort());
});

test('a room imports only from the rooms that it may know', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === undefined) return from !== 'main.ts' && other !== undefined;
    return other !== undefined && other !== room && !ROOMS[room]?.includes(other);
  });
  assert.deepEqual(wrong, []);
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

test('only the cluster room knows the Kubernetes client, only settings reads PLUGIN_*', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const having = (text: string) =>
    files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes(text));
  assert.deepEqual(
    having('@kubernetes/client-node').filter((file) => roomOf(file) !== 'cluster'),
    [],
  );
  assert.deepEqual(
    having("'PLUGIN_").filter((file) => roomOf(file) !== 'settings'),
    [],
  );
});

test('the entrypoint loads no client of a cluster or a registry: a webhook alone is to cost no more than a script that sends it', () => {
  const loaded = new Set(['main.ts']);
  for (const file of loaded) {
    for (const { from, to, atOnce } of imports) if (from === file && atOnce) loaded.add(to);
  }
  assert.ok(loaded.has(join('keel', 'engine.ts')));
  const heavy = /^(cluster|workload|traffic|promotion|argo|image.(registry|prepare|finish|session))\b/;
  assert.deepEqual(
    [...loaded].filter((file) => heavy.test(file)),
    [],
  );
});
