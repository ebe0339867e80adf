import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { imageOf } from '../../../../src/workload/images.ts';
import { plan, withCanary } from '../fixtures.ts';
import { type Case, check, crash, down, request } from './fault-cases.ts';

/** What stands against the stages before stable is written. */
const TABLE: Case[] = [
  { what: 'all is well', stage: 'weight', seen: withCanary(1, 10) },
  {
    what: 'asked to end',
    stage: 'weight',
    seen: withCanary(1, 10, { request }),
    answer: 'down',
    reason: /^Aborted by bob\.$/,
  },
  {
    what: 'asked to end, and it crashes: what was asked is the reason',
    stage: 'weight',
    seen: withCanary(1, 10, { request, canaryPods: [crash] }),
    answer: 'down',
    reason: /^Aborted by bob\.$/,
  },
  {
    what: 'asked to end on the way down: it goes there',
    stage: 'drain-canary',
    record: down,
    seen: withCanary(1, 10, { request }),
  },
];

describe('engines/native/decide/faults', () => {
  for (const each of TABLE) {
    it(`${each.stage}: ${each.what}: ${each.answer ?? 'no fault'}`, () => check(each));
  }

  it('knows the image of the containers that the plan is about, init containers too', () => {
    const spec = (containers: string[], init: string[] = []): Deployment => ({
      spec: {
        selector: {},
        template: {
          spec: {
            containers: containers.map((image, index) => ({ name: `c${index}`, image })),
            initContainers: init.map((image, index) => ({ name: `i${index}`, image })),
          },
        },
      },
    });
    const about = (...containers: string[]) => plan({ containers });
    assert.equal(imageOf(spec(['web:1', 'log:2']), about('c0')), 'web:1');
    assert.equal(imageOf(spec(['web:1', 'web:1']), about('c0', 'c1')), 'web:1');
    assert.equal(imageOf(spec(['web:1', 'web:2']), about('c0', 'c1')), 'web:1 and web:2');
    assert.equal(imageOf(spec(['web:1'], ['migrate:3']), about('i0')), 'migrate:3');
    assert.equal(imageOf({}, about('c0')), '');
  });
});
