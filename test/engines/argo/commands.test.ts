import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Command, type Patch, patchesOf } from '../../../src/engines/argo/commands.ts';
import type { Rollout } from '../../../src/engines/argo/rollout/types.ts';
import { AT_GATE, rolloutOf, UPDATING } from './fixtures.ts';

const sure = (status: object): Patch => ({
  subresource: 'status',
  body: { metadata: { resourceVersion: '7' }, status },
});
const resume: Patch = { body: { spec: { paused: false } } };
const inconclusive = (currentStepIndex: number) => ({
  ...AT_GATE,
  currentStepIndex,
  pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: '' }],
  canary: { currentStepAnalysisRunStatus: { status: 'Inconclusive' } },
});

const TABLE: [what: string, command: Command, rollout: Rollout, patches: Patch[]][] = [
  ['promote past a pause', 'promote', rolloutOf({ status: AT_GATE }), [sure({ pauseConditions: null })]],
  [
    'promote past an inconclusive analysis',
    'promote',
    rolloutOf({ status: inconclusive(2) }),
    [sure({ pauseConditions: null, controllerPause: false, currentStepIndex: 3 })],
  ],
  [
    'promote past an inconclusive experiment',
    'promote',
    rolloutOf({
      status: {
        ...AT_GATE,
        currentStepIndex: 2,
        pauseConditions: [{ reason: 'InconclusiveExperiment', startTime: '' }],
      },
    }),
    [sure({ pauseConditions: null, controllerPause: false, currentStepIndex: 3 })],
  ],
  [
    'promote past the last step goes no further',
    'promote',
    rolloutOf({ status: inconclusive(4) }),
    [sure({ pauseConditions: null, controllerPause: false, currentStepIndex: 4 })],
  ],
  [
    'promote of one that runs sends nothing, and skips no step',
    'promote',
    rolloutOf({ status: UPDATING }),
    [],
  ],
  [
    'promote of one paused by hand only resumes it',
    'promote',
    rolloutOf({ spec: { paused: true }, status: UPDATING }),
    [resume],
  ],
  [
    'promote of one paused twice',
    'promote',
    rolloutOf({ spec: { paused: true }, status: AT_GATE }),
    [sure({ pauseConditions: null }), resume],
  ],
  ['promote fully', 'promote-full', rolloutOf({ status: UPDATING }), [sure({ promoteFull: true })]],
  [
    'promote fully what is paused by hand',
    'promote-full',
    rolloutOf({ spec: { paused: true }, status: UPDATING }),
    [sure({ promoteFull: true }), resume],
  ],
  ['promote fully where there is nothing to promote', 'promote-full', rolloutOf(), []],
  [
    'abort, whatever happened meanwhile',
    'abort',
    rolloutOf({ status: UPDATING }),
    [{ subresource: 'status', body: { status: { abort: true } } }],
  ],
  ['retry', 'retry', rolloutOf({ status: UPDATING }), [sure({ abort: false })]],
  ['nudge', 'nudge', rolloutOf(), [{ body: { metadata: { annotations: { 'drone-promote/nudge': '7' } } } }]],
];

describe('what a command sends', () => {
  it('abort, to make way for another release: marked with whose abort it is', () => {
    const patches = patchesOf('abort', rolloutOf({ status: UPDATING }), 'web:2');
    const annotations = { 'drone-promote/makes-way': 'new web:2' };
    assert.deepEqual(patches, [
      { body: { metadata: { annotations } } },
      { subresource: 'status', body: { status: { abort: true } } },
    ]);
  });

  it('retry of what has made way: the mark goes, after what must find the Rollout unchanged', () => {
    const rollout = rolloutOf({ status: UPDATING });
    rollout.metadata = { ...rollout.metadata, annotations: { 'drone-promote/makes-way': 'new web:2' } };
    assert.deepEqual(patchesOf('retry', rollout), [
      sure({ abort: false }),
      { body: { metadata: { annotations: { 'drone-promote/makes-way': null } } } },
    ]);
  });

  for (const [what, command, rollout, patches] of TABLE) {
    it(what, () => assert.deepEqual(patchesOf(command, rollout), patches));
  }
});
