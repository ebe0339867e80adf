import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceQuota } from 'kubernetes-types/core/v1';
import { chooseFinish } from '../../../../../src/engines/native/plan/finish/choose.ts';
import type { PromotionSpec } from '../../../../../src/engines/native/plan/spec.ts';
import { deployment, FROM, plan, spec } from '../../fixtures.ts';

const quota = (pods: number): ResourceQuota => ({
  metadata: { name: 'small' },
  status: { hard: { pods: String(pods) }, used: { pods: '4' } },
});
const strict = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };

/** A node on which so many more pods fit. */
const roomFor = (pods: number | undefined) =>
  pods === undefined
    ? undefined
    : { nodes: [{ metadata: { name: 'a' }, status: { allocatable: { pods: `${pods}` } } }], placed: [] };

interface Case {
  what: string;
  wanted: PromotionSpec['finish'];
  pods?: number;
  /** So many more pods fit on the node; without it, nodes may not be read. */
  onNode?: number;
  deployment?: typeof strict;
  isOpen?: boolean;
  strategy?: PromotionSpec['strategy'];
  finish: string;
  why?: RegExp;
  refused?: RegExp;
  warned?: RegExp;
}

describe('engines/native/plan/finish/choose', () => {
  const table: Case[] = [
    {
      what: 'no quota',
      wanted: 'auto',
      finish: 'shift',
      why: /^no quota limits the pods; the room on the nodes may not be read$/,
    },
    {
      what: 'no quota, and room on the nodes',
      wanted: 'auto',
      onNode: 4,
      finish: 'shift',
      why: /^there is room for 4 more pods$/,
    },
    {
      what: 'no quota, and the nodes are full',
      wanted: 'auto',
      onNode: 3,
      finish: 'pace',
      why: /needs room for 4 more pods, and there is room for 3: 1 node may run them/,
    },
    {
      what: 'a quota with room, and full nodes',
      wanted: 'auto',
      pods: 8,
      onNode: 3,
      finish: 'pace',
      why: /1 node may run them/,
    },
    {
      what: 'a quota without room, and nodes with room',
      wanted: 'auto',
      pods: 7,
      onNode: 9,
      finish: 'pace',
      why: /ResourceQuota/,
    },
    {
      what: 'named, and full nodes: an autoscaler may add one',
      wanted: 'shift',
      onNode: 3,
      finish: 'shift',
      warned:
        /^The nodes have room for 3 more pods, and the full set needs 4: .* Unless a cluster autoscaler adds a node/,
    },
    {
      what: 'named, and neither quota nor nodes have room: the quota is told',
      wanted: 'shift',
      pods: 7,
      onNode: 3,
      finish: 'shift',
      refused: /ResourceQuota/,
    },
    {
      what: 'full nodes by its own canary',
      wanted: 'auto',
      onNode: 0,
      isOpen: true,
      finish: 'shift',
      why: /no quota/,
    },
    {
      what: 'blue/green and full nodes',
      wanted: 'auto',
      onNode: 3,
      strategy: 'bluegreen',
      finish: 'shift',
      warned: /^The nodes have room for 3 more pods/,
    },
    { what: 'room for a second set', wanted: 'auto', pods: 8, finish: 'shift', why: /room for 4 more pods/ },
    {
      what: 'one too few',
      wanted: 'auto',
      pods: 7,
      finish: 'pace',
      why: /needs room for 4 .* room for 3: Res/,
    },
    {
      what: 'its own rollout needs one more',
      wanted: 'auto',
      pods: 8,
      deployment: strict,
      finish: 'pace',
      why: /needs room for 5 more pods/,
    },
    { what: 'named, with room', wanted: 'shift', pods: 8, finish: 'shift' },
    {
      what: 'named, without room',
      wanted: 'shift',
      pods: 7,
      finish: 'shift',
      refused: /^`finish: shift` needs room for 4 more pods, and there is room for 3: ResourceQuota\/small/,
    },
    { what: 'its canary takes the room', wanted: 'shift', pods: 5, isOpen: true, finish: 'shift' },
    { what: 'an open one is free', wanted: 'auto', pods: 5, isOpen: true, finish: 'shift', why: /no quota/ },
    { what: 'pace asks for no room', wanted: 'pace', pods: 4, finish: 'pace' },
    { what: 'roll asks for no room', wanted: 'roll', pods: 4, finish: 'roll' },
    { what: 'an experiment ends nothing', wanted: 'auto', pods: 4, strategy: 'experiment', finish: 'shift' },
    { what: 'blue/green with room', wanted: 'auto', pods: 8, strategy: 'bluegreen', finish: 'shift' },
    {
      what: 'blue/green without room',
      wanted: 'auto',
      pods: 7,
      strategy: 'bluegreen',
      finish: 'shift',
      refused:
        /^`strategy: bluegreen` needs room for 4 more pods, and there is room for 3: ResourceQuota\/small/,
    },
  ];
  for (const {
    what,
    wanted,
    pods,
    onNode,
    deployment: over,
    isOpen = false,
    strategy = 'canary',
    ...expected
  } of table) {
    it(`${wanted}, ${what}: ${expected.finish}`, () => {
      const quotas = pods === undefined ? [] : [quota(pods)];
      const web = deployment('web', FROM, 4, over ?? {});
      const chosen = chooseFinish(
        spec({ finish: wanted, strategy }),
        plan(),
        web,
        { quotas, nodeRoom: roomFor(onNode) },
        isOpen,
      );
      if (expected.warned) assert.match(chosen.warnings?.join() ?? '', expected.warned);
      else assert.deepEqual(chosen.warnings ?? [], []);
      assert.equal(chosen.finish, expected.finish);
      if (expected.why) assert.match(chosen.why ?? '', expected.why);
      else assert.equal(chosen.why, undefined);
      const [refusal] = chosen.refusals;
      if (!expected.refused) assert.equal(refusal, undefined);
      else {
        assert.equal(refusal?.code, 'room');
        assert.match(refusal?.message ?? '', expected.refused);
        assert.match(refusal?.hint ?? '', /Set `finish: pace`/);
      }
    });
  }
});
