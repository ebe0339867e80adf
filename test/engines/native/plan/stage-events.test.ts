import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stageEvents } from '../../../../src/engines/native/plan/stage-events.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { parseJobCheck } from '../../../../src/settings/checks/job.ts';
import { plan, record } from '../fixtures.ts';

const TWO = record({
  plan: plan({ steps: [{ kind: 'weight', weight: 20, holdMs: 60_000 }, { kind: 'hold' }] }),
});

describe('engines/native/plan/stage-events', () => {
  it('is where the record is, with the weight and how long it is held', () => {
    assert.deepEqual(stageEvents(TWO), [
      {
        type: 'stage',
        index: 0,
        count: stagesOf(TWO).length,
        kind: 'weight',
        name: '20 %',
        weight: 20,
        endsAfterMs: 60_000,
      },
    ]);
  });

  it('has no time if none is held, and no weight if the stage leaves it as it is', () => {
    const [hold] = stageEvents({ ...TWO, stage: 1 });
    assert.deepEqual([hold?.kind, hold?.weight, hold?.endsAfterMs], ['hold', 20, undefined]);
    const [last] = stageEvents({ ...TWO, stage: stagesOf(TWO).length - 1 });
    assert.deepEqual([last?.kind, last?.weight], ['clean-up', undefined]);
  });

  it('has the names of its own checks', () => {
    const steps = [{ kind: 'weight', weight: 20, holdMs: 0, checks: ['smoke', 'slow'] }] as const;
    const [event] = stageEvents(record({ plan: plan({ steps }) }));
    assert.deepEqual(event?.checks, ['smoke', 'slow']);
    assert.equal(stageEvents(TWO)[0]?.checks, undefined);
    const job = { ...parseJobCheck({ job: {} }), name: 'smoke' };
    const [withJob] = stageEvents(record({ plan: plan({ steps, jobs: [job] }) }));
    assert.deepEqual(withJob?.checks, ['smoke', 'slow']);
  });

  it('is none after the last stage', () =>
    assert.deepEqual(stageEvents({ ...TWO, stage: stagesOf(TWO).length }), []));
});
