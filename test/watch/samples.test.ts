import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Progress } from '../../src/progress.ts';
import { type Sampled, samplesAfter } from '../../src/watch/samples.ts';
import type { Seen } from '../../src/watch/seen.ts';

const look = (at: number | undefined, over: Partial<Progress> = {}): Seen => ({
  namespace: 'shop',
  workload: 'deployment/web',
  history: [],
  now: {
    state: 'promoting',
    id: '1',
    stage: '10 %',
    number: 1,
    stages: ['10 %'],
    weight: 10,
    watchers: [],
    way: [],
    ...(at === undefined ? {} : { counted: { at, comparisons: [] } }),
    ...over,
  },
});
const after = (...looks: Seen[]) =>
  looks.reduce<readonly Sampled[]>((before, each) => samplesAfter(before, [each]), []);
const times = (sampled: readonly Sampled[]) =>
  sampled.map(({ id, samples }) => [id, ...samples.map(({ at }) => at)]);

describe('watch/samples', () => {
  it('has each count once, because looks are more frequent than renewals of the lock', () =>
    assert.deepEqual(times(after(look(1), look(1), look(2))), [['1', 1, 2]]));

  it('keeps those of the stages before, with their stage', () => {
    const [one] = after(look(1), look(undefined, { stage: 'hold' }), look(3, { stage: '50 %', weight: 50 }));
    assert.deepEqual(
      one?.samples.map(({ at, stage, weight }) => [at, stage, weight]),
      [
        [1, '10 %', 10],
        [3, '50 %', 50],
      ],
    );
  });

  it('begins anew with another promotion', () =>
    assert.deepEqual(times(after(look(1), look(2, { id: '2' }))), [['2', 2]]));

  it('forgets a promotion that has ended', () => {
    const ended = { namespace: 'shop', workload: 'deployment/web', history: [] };
    assert.deepEqual(after(look(1), ended), []);
  });

  it('keeps the newest thousand', () => {
    const [one] = after(...Array.from({ length: 1200 }, (_, at) => look(at)));
    assert.deepEqual([one?.samples.length, one?.samples[0]?.at, one?.samples.at(-1)?.at], [1000, 200, 1199]);
  });
});
