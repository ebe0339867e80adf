import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Counted } from '../../../../src/analysis/counted.ts';
import { type Counts, noCounts, type SideCounts } from '../../../../src/analysis/source/counts.ts';
import { createSwitchJudge } from '../../../../src/engines/native/observe/after-switch.ts';

const NONE = noCounts();
const counts = (requests: number, failed = 0): Counts => ({ ...NONE.stable, requests, failed });
const seen = (stable: Counts, canary = NONE.canary, over: Partial<Counted> = {}): Counted => {
  const sides: SideCounts = { ...NONE, stable, canary };
  return {
    judged: {},
    unavailableMs: 0,
    seen: sides,
    known: sides,
    steps: [],
    window: [],
    recentCanary: 0,
    sinceMs: 0,
    ...over,
  };
};
const judge = () => createSwitchJudge({ alpha: 0.01, tests: 1 });
const BEFORE = { router: seen(counts(1500, 3)) };

describe('engines/native/observe/after-switch', () => {
  it('says nothing before the switch, and before a request after it', () => {
    const each = judge();
    assert.deepEqual(each.findings(BEFORE), []);
    each.switched();
    assert.deepEqual(each.findings(BEFORE), []);
    assert.deepEqual(each.findings(BEFORE), []);
  });

  it('finds a release bad that fails more than stable did before', () => {
    const each = judge();
    each.findings(BEFORE);
    each.switched();
    each.findings(BEFORE);
    const [found, ...rest] = each.findings({ router: seen(counts(1500, 3), counts(30, 15)) });
    assert.deepEqual(rest, []);
    assert.match(
      found?.bad ?? '',
      /^The release fails more than the version before it: 15 of 30 requests failed/,
    );
  });

  it('finds nothing in a release that fails as rarely as stable did', () => {
    const each = judge();
    each.findings(BEFORE);
    each.switched();
    each.findings(BEFORE);
    const [found] = each.findings({ router: seen(counts(1500, 3), counts(900, 2)) });
    assert.deepEqual([found?.bad, found?.result.conclusive], [undefined, true]);
  });

  it('does not count those whose connections stay on stable', () => {
    const each = judge();
    each.findings(BEFORE);
    each.switched();
    each.findings(BEFORE);
    assert.deepEqual(each.findings({ router: seen(counts(1600, 103)) }), []);
  });

  it('does not take what a source says that cannot be read', () => {
    const each = judge();
    each.findings(BEFORE);
    each.switched();
    each.findings(BEFORE);
    const silent = seen(counts(1500, 3), counts(30, 15), { unavailable: 'no answer' });
    assert.deepEqual(each.findings({ router: silent }), []);
  });

  it('judges by the counters of the pods, too, which begin at the switch', () => {
    const each = judge();
    each.switched();
    const known = { ...NONE, stable: counts(9000, 9) };
    each.findings({ pods: seen(NONE.stable, NONE.canary, { known }) });
    const [found] = each.findings({ pods: seen(NONE.stable, counts(40, 20), { known }) });
    assert.match(found?.bad ?? '', /by the pods' own counters 20 of 40 requests failed/);
  });
});
