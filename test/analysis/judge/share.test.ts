import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type MeasuredShare, shareAgrees } from '../../../src/analysis/judge/share.ts';

describe('analysis/judge/share', () => {
  const cases: [what: string, measured: MeasuredShare, answer: string][] = [
    ['nothing', { canary: 0, total: 0, weightPercent: 10 }, 'too few'],
    ['none yet', { canary: 0, total: 100, weightPercent: 10 }, 'too few'],
    // 0.9^131 is above 1e-6, 0.9^132 below
    ['none of 131', { canary: 0, total: 131, weightPercent: 10 }, 'too few'],
    ['none of 132', { canary: 0, total: 132, weightPercent: 10 }, 'differs'],
    ['none of 3,100', { canary: 0, total: 3100, weightPercent: 10 }, 'differs'],
    ['the first one', { canary: 1, total: 12, weightPercent: 10 }, 'agrees'],
    // measured on the controller, 3,000 requests each
    ['0.9 % at 1', { canary: 27, total: 3000, weightPercent: 1 }, 'agrees'],
    ['10.1 % at 10', { canary: 303, total: 3000, weightPercent: 10 }, 'agrees'],
    ['48.9 % at 50', { canary: 1467, total: 3000, weightPercent: 50 }, 'agrees'],
    ['all at 100', { canary: 3000, total: 3000, weightPercent: 100 }, 'agrees'],
    ['all but one at 100', { canary: 2999, total: 3000, weightPercent: 100 }, 'differs'],
    ['the surplus of the controller at 1', { canary: 2000, total: 100_000, weightPercent: 1 }, 'agrees'],
    ['more than the surplus', { canary: 2300, total: 100_000, weightPercent: 1 }, 'differs'],
    ['half of the weight', { canary: 1000, total: 20_000, weightPercent: 10 }, 'differs'],
    ['another one’s weight', { canary: 900, total: 3000, weightPercent: 10 }, 'differs'],
    ['up, still the old', { canary: 10, total: 100, weightPercent: 50, previousPercent: 10 }, 'differs'],
    ['up, few', { canary: 2, total: 6, weightPercent: 50, previousPercent: 10 }, 'too few'],
    ['up, new', { canary: 48, total: 100, weightPercent: 50, previousPercent: 10 }, 'agrees'],
    ['down, few', { canary: 0, total: 6, weightPercent: 10, previousPercent: 50 }, 'too few'],
    ['down, new', { canary: 11, total: 100, weightPercent: 10, previousPercent: 50 }, 'agrees'],
    ['to 0, few', { canary: 0, total: 10, weightPercent: 0, previousPercent: 50 }, 'too few'],
    ['to 0', { canary: 0, total: 20, weightPercent: 0, previousPercent: 50 }, 'agrees'],
    ['to 0, one', { canary: 1, total: 100_000, weightPercent: 0, previousPercent: 50 }, 'differs'],
    ['as before', { canary: 10, total: 100, weightPercent: 10, previousPercent: 10 }, 'agrees'],
    ['more than all', { canary: 11, total: 10, weightPercent: 10 }, 'too few'],
    ['counters that went back', { canary: -1, total: 10, weightPercent: 10 }, 'too few'],
    ['no number', { canary: Number.NaN, total: 10, weightPercent: 10 }, 'too few'],
    ['no total', { canary: 1, total: Number.NaN, weightPercent: 10 }, 'too few'],
  ];
  for (const [what, measured, answer] of cases) {
    it(`${what}: ${answer}`, () => assert.equal(shareAgrees(measured), answer));
  }

  it('takes the very share of a weight, and up to one in a hundred of all more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (weightPercent, total, surplus) => {
          const canary = Math.round((total * (weightPercent + surplus)) / 100);
          assert.notEqual(shareAgrees({ canary, total, weightPercent }), 'differs');
        },
      ),
    );
  });

  it('agrees in one stretch: more requests on the canary lead from differs to agrees and to differs again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 400 }),
        (weightPercent, total) => {
          const answers = Array.from({ length: total + 1 }, (_, canary) =>
            shareAgrees({ canary, total, weightPercent }),
          );
          const turns = answers.filter((answer, index) => answer !== answers[index - 1]);
          assert.ok(
            turns.length <= 4 && turns.filter((answer) => answer === 'agrees').length <= 1,
            `${turns}`,
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});
