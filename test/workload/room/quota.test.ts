import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PodSpec, ResourceQuota } from 'kubernetes-types/core/v1';
import { roomInQuotas } from '../../../src/workload/room/quota.ts';

const POD: PodSpec = {
  containers: [
    { name: 'app', resources: { requests: { cpu: '250m', memory: '1Gi' }, limits: { memory: '2Gi' } } },
  ],
};
type Amounts = Record<string, string>;
const quota = (hard: Amounts, used: Amounts | undefined, scopes?: string[]): ResourceQuota => ({
  metadata: { name: 'small' },
  spec: { hard, ...(scopes ? { scopes } : {}) },
  status: { hard, ...(used ? { used } : {}) },
});

describe('workload/room/quota', () => {
  const table: [what: string, quotas: ResourceQuota[], expected: number | undefined][] = [
    ['no quota', [], undefined],
    ['pods', [quota({ pods: '6' }, { pods: '4' })], 2],
    ['pods by their count', [quota({ 'count/pods': '6' }, { 'count/pods': '4' })], 2],
    ['memory that is asked for', [quota({ 'requests.memory': '10Gi' }, { 'requests.memory': '4Gi' })], 6],
    ['the same by its short name', [quota({ memory: '10Gi' }, { memory: '4Gi' })], 6],
    ['memory that is allowed', [quota({ 'limits.memory': '10Gi' }, { 'limits.memory': '8Gi' })], 1],
    ['a part of a pod is no room', [quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1100m' })], 3],
    ['exactly as much', [quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1' })], 4],
    ['the tightest counts', [quota({ pods: '9', memory: '5Gi' }, { pods: '4', memory: '4Gi' })], 1],
    ['of several', [quota({ pods: '9' }, { pods: '4' }), quota({ pods: '5' }, { pods: '4' })], 1],
    ['more is used than allowed', [quota({ pods: '2' }, { pods: '4' })], 0],
    ['what no pod takes', [quota({ services: '1' }, { services: '1' })], undefined],
    ['what this pod does not ask for', [quota({ 'limits.cpu': '1' }, { 'limits.cpu': '1' })], undefined],
    ['nothing is counted yet', [quota({ pods: '2' }, undefined)], undefined],
    ['a scope counts other pods', [quota({ pods: '4' }, { pods: '4' }, ['BestEffort'])], undefined],
  ];
  for (const [what, quotas, expected] of table) {
    it(`room for ${expected ?? 'any number of'} pods: ${what}`, () =>
      assert.equal(roomInQuotas(quotas, POD)?.pods, expected));
  }

  it('says what is short', () =>
    assert.equal(
      roomInQuotas([quota({ pods: '6' }, { pods: '4' })], POD)?.why,
      'ResourceQuota/small allows 6 of pods, and 4 are used',
    ));
});
