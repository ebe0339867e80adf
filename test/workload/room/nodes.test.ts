import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, Pod, PodSpec } from 'kubernetes-types/core/v1';
import { placedOf, roomOnNodes } from '../../../src/workload/room/nodes.ts';

const node = (name: string, allocatable: Record<string, string>, spec: Node['spec'] = {}): Node => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  spec,
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable } },
});
const asking = (memory: string, more: Partial<PodSpec> = {}): PodSpec => ({
  containers: [{ name: 'app', resources: { requests: { memory } } }],
  ...more,
});
const on = (nodeName: string, memory: string, phase = 'Running'): Pod => ({
  spec: { ...asking(memory), nodeName },
  status: { phase },
});

describe('workload/room/nodes', () => {
  const dedicated = { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] };
  const rows: [what: string, nodes: Node[], pods: Pod[], spec: PodSpec, room: number][] = [
    ['an empty node', [node('a', {})], [], asking('2Gi'), 4],
    ['a node with others', [node('a', {})], [on('a', '5Gi')], asking('2Gi'), 1],
    ['others of another node', [node('a', {})], [on('b', '5Gi')], asking('2Gi'), 4],
    ['a pod that has ended holds no room', [node('a', {})], [on('a', '5Gi', 'Succeeded')], asking('2Gi'), 4],
    [
      'rests on two nodes make no room for one pod',
      [node('a', {}), node('b', {})],
      [on('a', '7Gi'), on('b', '7Gi')],
      asking('2Gi'),
      0,
    ],
    ['two nodes together', [node('a', {}), node('b', {})], [], asking('3Gi'), 4],
    ['more is asked for than a node has', [node('a', {})], [on('a', '9Gi')], asking('2Gi'), 0],
    [
      'pods that ask for nothing are limited by their number',
      [node('a', { pods: '3' })],
      [on('a', '1Gi')],
      asking('0'),
      2,
    ],
    ['a node that is cordoned', [node('a', {}, { unschedulable: true })], [], asking('2Gi'), 0],
    ['a node with a taint', [node('a', {}, dedicated)], [], asking('2Gi'), 0],
    [
      'a taint that only prefers',
      [node('a', {}, { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] })],
      [],
      asking('2Gi'),
      4,
    ],
    [
      'a taint that is tolerated',
      [node('a', {}, dedicated)],
      [],
      asking('2Gi', { tolerations: [{ key: 'dedicated', value: 'db' }] }),
      4,
    ],
    [
      'a taint of another value',
      [node('a', {}, dedicated)],
      [],
      asking('2Gi', { tolerations: [{ key: 'dedicated', value: 'web' }] }),
      0,
    ],
    [
      'a taint of any value',
      [node('a', {}, dedicated)],
      [],
      asking('2Gi', { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
      4,
    ],
    [
      'a toleration of another effect',
      [node('a', {}, dedicated)],
      [],
      asking('2Gi', { tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] }),
      0,
    ],
    [
      'every taint is tolerated',
      [node('a', {}, dedicated)],
      [],
      asking('2Gi', { tolerations: [{ operator: 'Exists' }] }),
      4,
    ],
    [
      'another node is selected',
      [node('a', {}), node('b', {})],
      [],
      asking('2Gi', { nodeSelector: { 'kubernetes.io/hostname': 'b' } }),
      4,
    ],
    [
      'what no node has, such as a GPU',
      [node('a', {})],
      [],
      { containers: [{ name: 'app', resources: { limits: { 'nvidia.com/gpu': '1' } } }] },
      0,
    ],
  ];
  for (const [what, nodes, pods, spec, room] of rows) {
    it(`${what}: ${room}`, () =>
      assert.equal(
        roomOnNodes(
          nodes,
          pods.flatMap((pod) => placedOf(pod) ?? []),
          spec,
        ).pods,
        room,
      ));
  }

  it('says how many nodes count', () => {
    const { why } = roomOnNodes([node('a', {}), node('b', {}, dedicated)], [], asking('9Gi'));
    assert.equal(why, '1 of 2 nodes may run them, and their requests leave no more room');
  });

  it('a pod without a node holds no room', () => assert.equal(placedOf({ spec: asking('1Gi') }), undefined));
});
