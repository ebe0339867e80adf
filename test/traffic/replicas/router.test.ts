import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service } from 'kubernetes-types/core/v1';
import { fixedSource, type ObjectSource } from '../../../src/cluster/object-source.ts';
import { services as kind } from '../../../src/cluster/resource.ts';
import { replicas as router } from '../../../src/traffic/replicas/router.ts';
import { noteOf, switched } from '../../../src/traffic/selector/note.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { service } from '../../engines/native/fixtures.ts';

const BOTH = { tier: 'front' };
const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'web', canary: 'web', both: BOTH }],
};
const WEB = service('web', { app: 'web', tier: 'front' });
const COPY = service('web-canary', { app: 'web-canary', tier: 'front' });
const widened = switched(WEB, 'web', BOTH, 10);
const moved = switched(WEB, 'web', { app: 'web-canary', tier: 'front' }, 100);
const theirs = switched(WEB, 'worker', { app: 'other' }, 10);

const seen = (...all: Service[]): ObjectSource => fixedSource([[kind, all]]);
const written = (source: ObjectSource, weight: number, split = SPLIT): Service[] =>
  router.setWeight(split, source, weight).map(({ object }) => object as Service);

describe('traffic/replicas/router', () => {
  const selectors: [what: string, from: Service, weight: number, selector: Record<string, string>][] = [
    ['takes the pods of both versions in', WEB, 10, BOTH],
    ['leaves stable out at 100 %', widened, 100, { app: 'web-canary', tier: 'front' }],
    ['takes stable in again', moved, 50, BOTH],
    ['has the selector of before at 0 %', widened, 0, { app: 'web', tier: 'front' }],
    ['goes from 100 % to 0 % at once', moved, 0, { app: 'web', tier: 'front' }],
  ];
  for (const [what, from, weight, selector] of selectors) {
    it(what, () => {
      const [object, ...rest] = written(seen(from, COPY), weight);
      assert.deepEqual([object?.spec?.selector, rest], [selector, []]);
      assert.equal(object?.metadata?.resourceVersion, '1', 'an edit of somebody else stops the write');
      if (weight === 0) assert.deepEqual(object, WEB);
      else assert.deepEqual(noteOf(object ?? WEB)?.before, WEB.spec?.selector);
    });
  }

  it('notes a weight that leaves the selector as it is, so that who takes over knows it', () => {
    const [object] = written(seen(widened, COPY), 50);
    assert.deepEqual(object?.spec, widened.spec);
    assert.equal(router.weight(SPLIT, seen(object ?? WEB)), 50);
  });

  it('has nothing to write where it is', () => {
    assert.deepEqual(written(seen(widened, COPY), 10), []);
    assert.deepEqual(written(seen(moved, COPY), 100), []);
    assert.deepEqual(written(seen(WEB, COPY), 0), []);
  });

  it('does not leave stable out for a canary that has no Service', () =>
    assert.deepEqual(written(seen(widened), 100), []));

  it('takes nobody in by a record that knows no selector for both', () =>
    assert.deepEqual(
      written(seen(WEB, COPY), 10, { ...SPLIT, routes: [{ stable: 'web', canary: 'web' }] }),
      [],
    ));

  it('reads the weight from what it wrote, and 0 from what somebody else did', () => {
    const edited = { ...widened, spec: { ...widened.spec, selector: { app: 'web' } } };
    const table: [Service, weight: number, left: number][] = [
      [WEB, 0, 0],
      [widened, 10, 1],
      [moved, 100, 1],
      [edited, 0, 1],
      [theirs, 0, 0],
    ];
    for (const [each, weight, left] of table) {
      assert.equal(router.weight(SPLIT, seen(each, COPY)), weight);
      assert.equal(router.remains(SPLIT, seen(each, COPY)).length, left);
    }
  });

  it('leaves a Service alone that another promotion has switched', () => {
    assert.deepEqual(written(seen(theirs, COPY), 10), []);
    assert.deepEqual(router.restore(SPLIT, seen(theirs)), []);
    assert.equal(router.missing(SPLIT, seen(theirs)).length, 1);
  });

  it('splits all Services of the workload, each by a selector of its own', () => {
    const admin = service('admin', { app: 'web', port: 'admin' });
    const split = {
      ...SPLIT,
      routes: [...SPLIT.routes, { stable: 'admin', canary: 'admin', both: { port: 'admin' } }],
    };
    assert.deepEqual(
      written(seen(WEB, admin, COPY), 10, split).map(({ spec }) => spec?.selector),
      [BOTH, { port: 'admin' }],
    );
  });
});
