import type { ComparisonResult } from '../../../src/measurements.ts';
import type { Progress } from '../../../src/progress.ts';
import { approvalRows } from '../../../src/watch/keel.ts';
import { detailsOf, rowsOf } from '../../../src/watch/lines.ts';
import type { Sample } from '../../../src/watch/samples.ts';
import type { Picture } from '../../../src/watch/screen.ts';
import type { Seen } from '../../../src/watch/seen.ts';

const AT = Date.parse('2026-11-28T20:10:00Z');
const IMAGE = '192.0.2.10:5000/shop/web';

const comparison = (requests: number, bad: number): ComparisonResult => ({
  what: 'failed',
  canary: { requests, bad },
  reference: { name: 'stable', requests: requests * 4, bad: Math.floor(requests / 400) },
  detectable: 0.02,
  conclusive: true,
  evidence: { log: bad / 3, needed: Math.log(60) },
  source: 'router',
});

const samples: Sample[] = Array.from({ length: 24 }, (_, index) => ({
  at: AT - 120_000 + index * 5_000,
  stage: '20 %',
  weight: 20,
  share: { canary: 80 + ((index * 7) % 20), total: 450 },
  comparisons: [comparison(index * 80 + 40, Math.floor(index / 8))],
}));

const now: Progress = {
  state: 'promoting',
  id: '1',
  from: `${IMAGE}:1.0.0`,
  to: `${IMAGE}:1.1.0`,
  by: 'build 77 by ann',
  startedAt: AT - 240_000,
  stage: '20 %',
  number: 2,
  stages: [
    'first contact',
    '20 %',
    '60 %',
    'full size',
    '100 %',
    'update stable',
    'back to stable',
    'clean up',
  ],
  weight: 20,
  since: AT - 120_000,
  endsAt: AT + 60_000,
  holder: 'build 77 by ann',
  watchers: ['the counters of ingress-nginx'],
  ...(samples.at(-1) ? { counted: samples.at(-1) as Sample } : {}),
  way: [
    {
      name: 'first contact',
      direction: 'up',
      number: 1,
      count: 8,
      weight: 1,
      since: AT - 230_000,
      measured: [comparison(30, 0)],
    },
  ],
};

const { counted: _, ...withoutCounts } = now;
const seen: Seen[] = [
  {
    namespace: 'shop',
    workload: 'deployment/web',
    now,
    history: [
      {
        outcome: 'aborted',
        image: `${IMAGE}:1.0.0`,
        from: `${IMAGE}:1.0.0`,
        to: `${IMAGE}:1.0.1`,
        reason: '9 of 20 requests failed on the canary, 0 of 180 on stable.',
        by: 'build 76 by bob',
        startedAt: '2026-11-27T09:00:00.000Z',
        at: '2026-11-27T09:02:10.000Z',
      },
    ],
  },
  {
    namespace: 'shop',
    workload: 'deployment/api',
    history: [],
    now: {
      ...withoutCounts,
      id: '2',
      state: 'going back',
      reason: '9 of 20 requests failed',
      stage: 'weight 0',
      weight: 0,
    },
  },
  {
    namespace: 'shop',
    workload: 'rollout/cart',
    history: [],
    stable: 'a',
    now: {
      state: 'held',
      id: 'b',
      stage: 'Paused: CanaryPauseStep',
      number: 2,
      stages: ['setWeight: 20', 'pause'],
      weight: 20,
      since: AT - 90_000,
      watchers: [],
      way: [],
    },
  },
];

/** What `watch` shows of two promotions, a Rollout at a pause, and an approval at Keel; made up. */
export function watched(): Picture {
  const keel = {
    admin: { host: 'keel.example.com:9300', approvals: async () => ({ kind: 'absent' }) as const },
    page: 'http://keel.example.com:9300/',
    username: 'ann',
  };
  const approval = {
    id: '8c3e7a52',
    archived: false,
    identifier: 'deployment/shop/search:1.4.2',
    repository: { name: 'shop/search', tag: '1.4.2', digest: '' },
    eventAt: '2026-11-28T20:07:00Z',
    votesRequired: 2,
    votesReceived: 1,
    voters: ['bob'],
    rejected: false,
    deadline: '2026-11-28T23:02:00Z',
  };
  const waiting = [{ keel, approval, key: 'keel keel.example.com:9300 8c3e7a52' }];
  return {
    title: '3 promotions are in progress in shop',
    seen,
    sampled: [{ key: 'shop deployment/web', id: '1', samples }],
    waiting,
    rows: [
      ...rowsOf({ seen, followed: [], silent: new Set(['shop deployment/api']), at: AT }),
      ...approvalRows(waiting, AT),
    ],
    details: detailsOf(seen[0] as Seen, AT),
    notes: [],
    at: AT,
  };
}
