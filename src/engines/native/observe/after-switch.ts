import { type Baking, bakeFinding, historyOf, startBaking, withSeen } from '../../../analysis/bake.ts';
import type { Counted } from '../../../analysis/counted.ts';
import type { Finding } from '../../../analysis/finding.ts';
import type { Requests } from '../../../analysis/judge/history.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import { noCounts } from '../../../analysis/source/counts.ts';
import type { ComparisonResult } from '../../../measurements.ts';

const NOTHING = noCounts().stable;

type Source = ComparisonResult['source'];

/**
 * Judges a release that all users are on at once. Nothing of stable is beside it to compare it with, so what it fails is compared with what
 * stable failed before the switch (docs/decisions/0027).
 */
export interface SwitchJudge {
  /** The switch is written: from now on, the requests are those of the release. */
  switched(): void;
  /** What the counters say; empty before the switch, and as long as nothing was counted since. */
  findings(counted: Readonly<Partial<Record<Source, Counted | undefined>>>): Finding[];
}

interface Judging {
  history: Requests;
  baking: Baking | undefined;
}

/** Starts before the switch. @param limits one test for each source that counts */
export function createSwitchJudge(limits: SequentialLimits): SwitchJudge {
  const judging = new Map<Source, Judging>();
  let isSwitched = false;

  function look(source: Source, counted: Counted): Finding[] {
    const { history, baking } = judging.get(source) ?? { history: historyOf(counted), baking: undefined };
    if (!isSwitched) {
      judging.set(source, { history: historyOf(counted), baking: undefined });
      return [];
    }
    // users whose connections stay on the old pods say nothing about the release
    const ofRelease = { seen: { ...counted.seen, stable: NOTHING } };
    const next = baking ? withSeen(baking, ofRelease) : startBaking(history, ofRelease, limits);
    judging.set(source, { history, baking: next });
    return next.judged.counts.requests > 0 ? [bakeFinding(next, limits, source)] : [];
  }

  return {
    switched: () => {
      isSwitched = true;
    },
    findings: (counted) =>
      (['router', 'pods'] as const).flatMap((source) => {
        const of = counted[source];
        return of && of.unavailable === undefined ? look(source, of) : [];
      }),
  };
}
