import type { PromotionEvent } from '../../../src/events.ts';
import type { ComparisonResult } from '../../../src/measurements.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { chanceText, comparisonText } from '../../../src/sentences.ts';

export const START = Date.parse('2026-11-28T20:00:00Z');

/** Events with their times, and how they end. */
export interface Told {
  events: readonly (readonly [event: PromotionEvent, at: number])[];
  outcome: Outcome;
  /** When it ended. */
  at: number;
}

const FROM = '192.0.2.10:5000/shop/web:1.4.1';
const TO = '192.0.2.10:5000/shop/web:1.4.2';
const STAGES = [
  ['first contact', 1],
  ['5 %', 5],
  ['25 %', 25],
  ['50 %', 50],
  ['100 %', 100],
] as const;

const BEGINNING: readonly PromotionEvent[] = [
  {
    type: 'run',
    version: '0.1.0',
    build: {
      number: '77',
      link: 'https://drone.example.com/shop/web/77',
      repository: 'shop/web',
      commit: '3f2c9a1',
      target: 'production',
      who: 'ann',
    },
    settings: [
      { name: 'repo', value: '192.0.2.10:5000/shop/web' },
      { name: 'workload', value: 'deployment/web' },
      { name: 'steps', value: '5% 12m,25% 12m,50% 12m' },
      { name: 'kubeconfig' },
    ],
  },
  { type: 'plan', title: 'promote deployment/web', lines: ['finish: shift', 'split: Service/web'] },
  {
    type: 'watchers',
    watchers: [
      { name: 'the access log of ingress-nginx', state: 'counts', detail: 'read 210 requests of stable' },
      { name: "the pods' metrics", state: 'unavailable', detail: 'the pods name no port' },
    ],
  },
  {
    type: 'started',
    action: 'promote',
    workload: 'deployment/web',
    namespace: 'shop',
    from: FROM,
    to: TO,
    by: 'build 77 by ann',
  },
];

/** A promotion with one measurement each second. @param rate at which the canary fails from the third stage on */
export function promotion(seconds: number, rate = 0.002): Told {
  const events: [PromotionEvent, number][] = BEGINNING.map((event) => [event, START]);
  const perStage = Math.floor(seconds / STAGES.length);
  const isBad = rate > 0.01;
  let at = START;
  let reason = '';
  for (const [index, [stage, weight]] of STAGES.slice(0, isBad ? 3 : 5).entries()) {
    const count = STAGES.length;
    events.push(
      [
        { type: 'stage', index, count, kind: 'weight', name: stage, weight, endsAfterMs: perStage * 1000 },
        at,
      ],
      [{ type: 'write', verb: 'update', object: 'Ingress/web-canary', message: `weight ${weight} %` }, at],
      [{ type: 'weight', weight, routes: ['Ingress/web'] }, at],
      [{ type: 'holding', reason: 'step', stage, weight, ms: perStage * 1000 }, at],
    );
    let comparisons: ComparisonResult[] = [];
    for (let second = 1; second <= perStage; second++) {
      at += 1000;
      const progress = (index + second / perStage) / STAGES.length;
      comparisons = comparisonsAt(weight, second, index < 2 ? 0.002 : rate, progress);
      const share = {
        canary: Math.min(100, Math.max(0, Math.round(weight + 4 * Math.sin(second / 9)))),
        total: 100,
      };
      events.push([{ type: 'counted', stage, weight, share, comparisons }, at]);
    }
    const failed = isBad && index === 2;
    if (comparisons[0])
      reason = `The canary fails more than stable: at ${stage}, ${comparisonText(comparisons[0])}.\n${chanceText(comparisons[0].evidence ?? { log: 0, needed: 0 }, 0.01, 'stable')}`;
    const checks = [
      {
        name: 'success-rate',
        value: 99.7,
        unit: '%',
        min: 99.5,
        measurements: second60(perStage),
        failures: 0,
        passed: true,
      },
      { name: 'queue', message: 'no data', max: 100, measurements: 3, failures: 1 },
    ] as const;
    events.push([
      {
        type: 'measured',
        stage,
        weight,
        comparisons,
        checks,
        conclusive: !failed,
        ...(failed ? { failed } : {}),
      },
      at,
    ]);
  }
  if (!isBad) return { events, at, outcome: PROMOTED };
  events.push(
    [
      {
        type: 'trouble',
        pod: 'web-canary-6d4c-x2x9z',
        container: 'web',
        reason: 'CrashLoopBackOff',
        message: 'exit code 1, restarted 3 times',
        log: ['listening on 8080', 'Error: <script>alert(1)</script>', '    at start (main.js:12:3)'],
      },
      at,
    ],
    [{ type: 'down', reason }, at],
    [{ type: 'stage', index: 0, count: 2, kind: 'drain-canary', name: 'weight 0', endsAfterMs: 15_000 }, at],
    [{ type: 'weight', weight: 0, routes: ['Ingress/web'] }, at + 200],
    [{ type: 'write', verb: 'delete', object: 'Deployment/web-canary', message: 'clean up' }, at + 15_000],
  );
  return { events, at: at + 16_000, outcome: { ...ABORTED, reason } };
}

const second60 = (seconds: number) => Math.ceil(seconds / 60);

const SUBJECT = {
  workload: 'deployment/web',
  namespace: 'shop',
  from: FROM,
  to: TO,
  watched: ['the access log of ingress-nginx'],
} as const;
const PROMOTED: Outcome = {
  ...SUBJECT,
  kind: 'promoted',
  reason: `deployment/web runs ${TO}.`,
  hints: [],
  image: TO,
  digest: 'sha256:3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b',
};
const ABORTED: Omit<Outcome, 'reason'> = {
  ...SUBJECT,
  kind: 'aborted',
  hints: ['To try again, fix the release and promote it:', '  drone build promote shop/web 78 production'],
  image: FROM,
  reachedWeight: 25,
};

function comparisonsAt(weight: number, second: number, rate: number, progress: number): ComparisonResult[] {
  const all = second * 150;
  const canary = Math.round((all * weight) / 100);
  const reference = all - canary;
  const needed = Math.log(200);
  const calm = { log: 0.4 + Math.sin(progress * 20) * 0.4, needed };
  const evidence = rate > 0.01 ? { log: Math.min(needed + 0.3, second / 40), needed } : calm;
  const one = {
    reference: { name: 'stable', requests: reference, bad: Math.round(reference * 0.002) },
    detectable: 0.02,
    conclusive: second > 20,
    source: 'router',
  } as const;
  return [
    { ...one, evidence, what: 'failed', canary: { requests: canary, bad: Math.round(canary * rate) } },
    {
      ...one,
      evidence: calm,
      what: 'slow',
      boundMs: 250,
      canary: { requests: canary, bad: Math.round(canary * 0.002) },
    },
  ];
}
