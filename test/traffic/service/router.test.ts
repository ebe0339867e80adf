import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service } from 'kubernetes-types/core/v1';
import { fixedSource, type ObjectSource } from '../../../src/cluster/object-source.ts';
import { services as kind } from '../../../src/cluster/resource.ts';
import { SELECTOR_NOTE, switched } from '../../../src/traffic/selector/note.ts';
import { service as router } from '../../../src/traffic/service/router.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { service } from '../../engines/native/fixtures.ts';

const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'web', canary: 'web' }],
};
const WEB = service('web', { app: 'web', tier: 'front' });
const COPY = service('web-canary', { app: 'web-canary', tier: 'front' });
const moved = switched(WEB, 'web', COPY.spec?.selector ?? {});
const noted = (by: string): Service => switched(WEB, by, { app: 'other' });

const seen = (...all: Service[]): ObjectSource => fixedSource([[kind, all]]);
const writesTo = (source: ObjectSource, weight: number) =>
  router.setWeight(SPLIT, source, weight).map(({ verb, object }) => [verb, object as Service] as const);

describe('traffic/service/router', () => {
  it('switches with one write that notes what was before', () => {
    const [[verb, object] = [], ...rest] = writesTo(seen(WEB, COPY), 100);
    assert.deepEqual([verb, rest], ['update', []]);
    assert.deepEqual(object?.spec?.selector, { app: 'web-canary', tier: 'front' });
    assert.deepEqual(JSON.parse(object?.metadata?.annotations?.[SELECTOR_NOTE] ?? ''), {
      workload: 'web',
      before: { app: 'web', tier: 'front' },
      switched: { app: 'web-canary', tier: 'front' },
    });
    assert.equal(object?.metadata?.resourceVersion, '1', 'an edit of somebody else stops the write');
  });

  it('has nothing to write where it is', () => {
    assert.deepEqual(writesTo(seen(moved, COPY), 100), []);
    assert.deepEqual(writesTo(seen(WEB, COPY), 0), []);
    assert.deepEqual(router.restore(SPLIT, seen(WEB, COPY)), []);
  });

  it('does not switch to a copy that has no Service', () => assert.deepEqual(writesTo(seen(WEB), 100), []));

  it('goes back with one write, also if the Service of the copy is gone', () => {
    for (const write of [router.lowerWeight, router.setWeight]) {
      assert.deepEqual(
        write(SPLIT, seen(moved), 0).map(({ object }) => object),
        [WEB],
      );
    }
    assert.deepEqual(
      router.restore(SPLIT, seen(moved)).map(({ object }) => object),
      [WEB],
    );
  });

  it('reads the weight and what is left from the Service', () => {
    const table: [Service, weight: number, left: number][] = [
      [WEB, 0, 0],
      [moved, 100, 1],
      // somebody has put the selector back, and left the annotation
      [{ ...moved, spec: WEB.spec ?? {} }, 0, 1],
      [noted('worker'), 0, 0],
    ];
    for (const [each, weight, left] of table) {
      assert.equal(router.weight(SPLIT, seen(each, COPY)), weight);
      assert.equal(router.remains(SPLIT, seen(each, COPY)).length, left);
    }
  });

  it('leaves a Service alone that another promotion has switched, and says so', () => {
    const theirs = seen(noted('worker'), COPY);
    assert.deepEqual(writesTo(theirs, 100), []);
    assert.deepEqual(router.restore(SPLIT, theirs), []);
    assert.deepEqual(router.missing(SPLIT, theirs), [
      'the selector of Service/web, which another promotion has switched',
    ]);
    assert.deepEqual(router.missing(SPLIT, seen(WEB, COPY)), []);
  });
});
