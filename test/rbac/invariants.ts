import assert from 'node:assert/strict';
import type { RbacObject } from '../../src/rbac/objects.ts';

const keyOf = (kind: string, namespace: string | undefined, name: string | undefined) =>
  `${kind} ${namespace ?? ''}/${name}`;

/** What holds of rights that work when they are applied, whatever they are. */
export function assertWhole(objects: readonly RbacObject[]): void {
  const keys = objects.map(({ kind = '', metadata }) => keyOf(kind, metadata?.namespace, metadata?.name));
  assert.equal(new Set(keys).size, keys.length, 'no object is there twice');
  const used = new Set<string>();
  for (const object of objects) {
    const { kind = '', metadata } = object;
    const what = keyOf(kind, metadata?.namespace, metadata?.name);
    assert.equal(
      metadata?.namespace === undefined,
      kind.startsWith('Cluster'),
      `${what}: a namespace of its own`,
    );
    if ('rules' in object) {
      assert.ok(object.rules && object.rules.length > 0, `${what} grants something`);
      for (const { apiGroups = [], resources = [], verbs } of object.rules)
        assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'), `${what} has no wildcard`);
    }
    if (!('roleRef' in object)) continue;
    const bound = [
      keyOf(object.roleRef.kind, metadata?.namespace, object.roleRef.name),
      ...(object.subjects ?? []).map((each) => keyOf(each.kind, each.namespace, each.name)),
    ];
    assert.equal(bound.length, 2, `${what} is for one account`);
    for (const key of bound) {
      assert.ok(keys.includes(key), `${what} binds ${key}`);
      used.add(key);
    }
  }
  const unbound = keys.filter((key) => !/Binding /.test(key) && !used.has(key));
  assert.deepEqual(unbound, [], 'every Role is bound, and every account has a right');
}
