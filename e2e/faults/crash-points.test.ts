import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stories } from './crash-points.ts';
import { proveOnAllCores } from './prove-on-all-cores.ts';

/** A plain run proves every so-manieth end, which is a few minutes; CRASH_POINTS=all proves all of them. */
const SAMPLE = 8;
const isFull = process.env.CRASH_POINTS === 'all';

describe('a step that dies at any of its writes', () => {
  for (const story of stories.filter(({ inFull }) => !inFull)) {
    it(`${story.name}: production ends where it should`, async () => {
      const { points, ends, wrong } = await proveOnAllCores(story, isFull ? 1 : (story.sample ?? SAMPLE));
      console.log(`# ${points} crash points, ${ends} ends`);
      assert.equal(wrong.join('\n\n'), '');
      assert.ok(points > 0);
    });
  }
});
