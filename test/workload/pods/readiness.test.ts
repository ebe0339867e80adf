import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { isReady, readySince } from '../../../src/workload/pods/readiness.ts';

const pod = (status: string, lastTransitionTime?: string): Pod => ({
  status: {
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status, ...(lastTransitionTime ? { lastTransitionTime } : {}) },
    ],
  },
});

describe('workload/pods/readiness', () => {
  const table: [what: string, pod: Pod, ready: boolean, since: number][] = [
    ['ready', pod('True', '1970-01-01T00:00:05Z'), true, 5000],
    ['not ready', pod('False', '1970-01-01T00:00:05Z'), false, 5000],
    ['nobody knows', pod('Unknown'), false, 0],
    ['a new one', {}, false, 0],
  ];
  for (const [what, given, ready, since] of table) {
    it(what, () => assert.deepEqual([isReady(given), readySince(given)], [ready, since]));
  }
});
