import assert from 'node:assert/strict';
import { describe as block, it } from 'node:test';
import type { HoldingEvent, MeasuredEvent, PromotionEvent } from '../../src/events.ts';
import type { CheckResult, ComparisonResult } from '../../src/measurements.ts';
import type { Outcome, PastOutcome } from '../../src/outcome.ts';
import { describe, describeOutcome, type Line } from '../../src/report/lines.ts';

const HOLDING: [reason: HoldingEvent['reason'], text: string][] = [
  ['step', 'at 10 %'],
  ['first-contact', '10 % of the users meet the canary first'],
  ['without-users', 'without users'],
  ['drain-canary', 'draining: the last requests on the canary end'],
  ['drain-baseline', 'draining: the last requests on the baseline end'],
  ['settle', 'settling: the router applies the change'],
  ['bake', 'judged while it serves all users'],
  ['recovery', 'until the cluster’s controllers follow the API server again'],
];
const MEASURED: MeasuredEvent = {
  type: 'measured',
  stage: '10 %',
  weight: 10,
  comparisons: [],
  checks: [],
  conclusive: true,
};
const FAILED: ComparisonResult = {
  what: 'failed',
  canary: { requests: 150, bad: 1 },
  reference: { name: 'stable', requests: 1350, bad: 9 },
  detectable: 0.069,
  conclusive: true,
  source: 'router',
};
const PODS: ComparisonResult = {
  ...FAILED,
  reference: { name: 'baseline', requests: 150, bad: 0 },
  source: 'pods',
};
const SLOW: ComparisonResult = {
  ...FAILED,
  what: 'slow',
  boundMs: 25,
  canary: { requests: 50, bad: 5 },
  reference: { name: 'stable', requests: 450, bad: 45 },
  detectable: 0.3,
};
const { boundMs: _, ...UNBOUND } = { ...SLOW, conclusive: false };
const FEW: ComparisonResult = {
  ...FAILED,
  canary: { requests: 4, bad: 0 },
  detectable: 0.99,
  conclusive: false,
};
const { detectable: __, ...NONE } = { ...FEW, canary: { requests: 1, bad: 1 } };
const RATE: CheckResult = {
  name: 'success-rate',
  value: 99.56789,
  unit: '%',
  min: 99,
  measurements: 3,
  failures: 0,
  passed: true,
};
const ABORTED: PastOutcome = {
  outcome: 'aborted',
  image: 'r:5000/shop/web:1.0.0',
  from: 'r:5000/shop/web:1.0.0',
  to: 'r:5000/shop/web:1.3.0',
  reason: 'It fails.',
  by: 'build 77',
  at: '2026-11-24T11:31:50.123Z',
};
const NOON = Date.parse('2026-11-24T12:00:00Z');

/** `level word text`, and the lines below. */
const EVENTS: [event: PromotionEvent, expected: string, below?: string[]][] = [
  [
    { type: 'plan', title: 'Deployment/web in shop', lines: ['a', 'b'] },
    'info plan Deployment/web in shop',
    ['a', 'b'],
  ],
  [{ type: 'warning', message: 'Careful.' }, 'warn warning Careful.'],
  [{ type: 'note', message: 'By the way.' }, 'info note By the way.'],
  [{ type: 'debug', message: '12 requests' }, 'debug debug 12 requests'],
  [
    {
      type: 'started',
      action: 'promote',
      workload: 'deployment/web',
      namespace: 'shop',
      from: 'web:1',
      to: 'web:2',
      by: 'build 77',
    },
    'info promote web:2, by build 77',
  ],
  [
    {
      type: 'started',
      action: 'rollback',
      workload: 'deployment/web',
      namespace: 'shop',
      from: 'web:2',
      to: 'web:1',
      by: 'build 78',
    },
    'info rollback web:1, by build 78',
  ],
  [
    { type: 'resumed', workload: 'deployment/web', to: 'web:2', stage: '50 %' },
    'info resumed web:2 continues at "50 %"',
  ],
  [
    { type: 'stage', index: 0, count: 7, kind: 'weight', name: '10 %', weight: 10, endsAfterMs: 60_000 },
    'info stage 10 % (1 of 7)',
  ],
  [
    { type: 'stage', index: 1, count: 7, kind: 'weight', name: '50 %', checks: ['a', 'b', 'c'] },
    'info stage 50 % (2 of 7), with checks a, b and c',
  ],
  [
    { type: 'write', verb: 'create', object: 'Deployment/web-canary', message: '1 pod, web:2' },
    'info created Deployment/web-canary: 1 pod, web:2',
  ],
  [
    { type: 'write', verb: 'update', object: 'Deployment/web', message: 'web:1 → web:2' },
    'info updated Deployment/web: web:1 → web:2',
  ],
  [
    { type: 'write', verb: 'delete', object: 'Service/web-canary', message: '' },
    'info removed Service/web-canary',
  ],
  [
    { type: 'weight', weight: 50, routes: ['Ingress/web-canary', 'Ingress/shop-canary'] },
    'info weight 50 % of the users on the canary, by Ingress/web-canary, Ingress/shop-canary',
  ],
  [
    { type: 'weight', weight: 10, routes: ['Service/web'], pods: { canary: 1, total: 5 } },
    'info weight 10 % of the users on the canary, as 1 of 5 pods, by Service/web',
  ],
  [
    { type: 'weight', weight: 40, weightOf: 'pods', routes: [] },
    'info weight 40 % of the pods run the release',
  ],
  [{ type: 'waiting', for: 'the canary: 0 of 1' }, 'info waiting for the canary: 0 of 1'],
  ...HOLDING.map(([reason, text]): [PromotionEvent, string] => [
    { type: 'holding', reason, stage: '10 %', weight: 10, ms: 90_000 },
    `info holding 1m30s, ${text}`,
  ]),
  [
    { type: 'in-force', stage: '10 %', weight: 10, canary: 2, total: 60, confirmed: true },
    'info measured 10 % is in force: the canary got 2 of the last 60 requests (3.3 %), within what chance allows',
  ],
  [
    { type: 'in-force', stage: '10 %', weight: 10, canary: 0, total: 0, confirmed: false },
    'warn warning 10 % is not confirmed: the canary got 0 of the last 0 requests (0 %), too few to tell.',
  ],
  [
    { ...MEASURED, comparisons: [FAILED, PODS], checks: [RATE] },
    'info measured at 10 %: 1 of 150 requests failed on the canary, 9 of 1,350 on stable',
    [
      'a failure rate of 6.9 % or more on the canary would have been noticed',
      "by the pods' own counters 1 of 150 requests failed on the canary, 0 of 150 on baseline",
      'a failure rate of 6.9 % or more on the canary would have been noticed',
      'success-rate 99.57 %',
    ],
  ],
  [
    { ...MEASURED, comparisons: [SLOW] },
    'info measured at 10 %: 5 of 50 requests took more than 25 ms on the canary, 45 of 450 on stable',
    ['30 % or more of them on the canary would have been noticed'],
  ],
  [
    { ...MEASURED, comparisons: [FAILED], failed: true },
    'debug measured at 10 %: 1 of 150 requests failed on the canary, 9 of 1,350 on stable',
    ['a failure rate of 6.9 % or more on the canary would have been noticed'],
  ],
  [
    { ...MEASURED, comparisons: [FEW], checks: [RATE], conclusive: false },
    'warn warning Too little traffic to judge 10 %: 4 requests on the canary, 0 failed. Only a canary that fails 99 % of its requests would have been noticed; hold the step longer, or set `require_evidence: true`.',
    ['0 of 4 requests failed on the canary, 9 of 1,350 on stable', 'success-rate 99.57 %'],
  ],
  [
    { ...MEASURED, comparisons: [NONE], conclusive: false },
    'warn warning Too little traffic to judge 10 %: 1 request on the canary, 1 failed. Not even a canary that fails all of its requests would have been noticed; hold the step longer, or set `require_evidence: true`.',
    ['1 of 1 requests failed on the canary, 9 of 1,350 on stable'],
  ],
  [
    { ...MEASURED, comparisons: [FAILED, { ...SLOW, conclusive: false }], conclusive: false },
    'warn warning Too little traffic to judge 10 %: 50 requests on the canary, 5 took more than 25 ms. Only a canary on which 30 % of the requests take that long would have been noticed; hold the step longer, or set `require_evidence: true`.',
    [
      '1 of 150 requests failed on the canary, 9 of 1,350 on stable',
      'a failure rate of 6.9 % or more on the canary would have been noticed',
      '5 of 50 requests took more than 25 ms on the canary, 45 of 450 on stable',
    ],
  ],
  [
    { ...MEASURED, comparisons: [UNBOUND], conclusive: false },
    'warn warning at 10 %: latency: what counts as slow for stable is not known yet',
  ],
  [
    {
      ...MEASURED,
      checks: [RATE, { name: 'queue', message: 'no value yet', measurements: 1, failures: 0 }],
      conclusive: false,
    },
    'info measured at 10 %: success-rate 99.57 %, queue no value yet',
  ],
  [
    { ...MEASURED, stage: '', workload: 'deployment/shop/web', checks: [RATE], conclusive: false },
    'info measured deployment/shop/web: success-rate 99.57 %',
  ],
  [
    { ...MEASURED, stage: '', blind: 'it is away', conclusive: false },
    'info measured errors were not judged: it is away',
  ],
  [
    {
      ...MEASURED,
      checks: [RATE],
      score: {
        verdict: 'fail',
        score: 0,
        passThreshold: 95,
        zeroedBy: 'no data',
        points: 0,
        failing: [
          { name: 'cpu', label: 'High', effect: 1.4911 },
          { name: 'b', label: 'Nodata' },
        ],
      },
    },
    'info measured at 10 %: success-rate 99.57 %',
    [
      'score 0 of 100 for a lack of data over 0 measurements (passes from 95): cpu High, effect 1.49, b no data',
    ],
  ],
  [
    { type: 'check', name: 'smoke', passed: true, ms: 12_000, lines: ['1 of 2', 'all good'] },
    'info check smoke passed: exit code 0 after 12s',
    ['| all good'],
  ],
  [{ type: 'check', name: 'smoke', passed: true, lines: [] }, 'info check smoke passed: exit code 0'],
  [
    { type: 'check', of: 'undo', name: 'migrate', passed: true, lines: [] },
    'info undo migrate passed: exit code 0',
  ],
  [
    { type: 'check', name: 'smoke', passed: false, message: 'exit code 3.', lines: ['a', 'b'] },
    'debug check smoke failed: exit code 3.',
    ['| a', '| b'],
  ],
  [
    {
      type: 'status',
      title: 'Deployment/web in shop',
      lines: ['runs web:1'],
      images: ['web:1'],
      history: [ABORTED],
    },
    'info status Deployment/web in shop',
    [
      'runs web:1',
      '11:31:50 aborted 1.3.0 (production stayed 1.0.0), by build 77: It fails.',
      'of the last 1 releases 0 were promoted, 1 taken back (100 %)',
    ],
  ],
  [
    {
      type: 'trouble',
      pod: 'p',
      container: 'app',
      reason: 'CrashLoopBackOff',
      message: 'exit code 1',
      log: ['a', 'b'],
    },
    'warn trouble CrashLoopBackOff in p, container app',
    ['exit code 1', 'its last lines:', '| a', '| b'],
  ],
  [
    { type: 'trouble', pod: 'p', reason: 'Unschedulable', message: 'no room', log: [] },
    'warn trouble Unschedulable in p',
    ['no room'],
  ],
  [
    { type: 'conflict', object: 'Ingress/web-canary', message: 'modified' },
    'debug conflict Ingress/web-canary was changed by another client; reading it again',
  ],
  [{ type: 'down', reason: 'Aborted by bob.' }, 'warn down Aborted by bob.'],
  [
    { type: 'diff', object: 'Deployment/web', verb: 'update', lines: ['-a', '+b'] },
    'info update Deployment/web',
    ['-a', '+b'],
  ],
  [
    { type: 'sent', url: 'http://keel/x', status: 200, ms: 12.6, message: 'Taken.' },
    'info sent http://keel/x: 200 in 13ms. Taken.',
  ],
  [
    { type: 'answer', url: 'http://keel/x', accepted: true, message: 'Updated.' },
    'info accepted http://keel/x: Updated.',
  ],
  [
    { type: 'answer', url: 'http://keel/x', accepted: false, message: 'No.' },
    'warn refused http://keel/x: No.',
  ],
];

const OUTCOMES: [outcome: Outcome, expected: string, below?: string[]][] = [
  [{ kind: 'promoted', reason: 'It is stable.', hints: [] }, 'info PROMOTED It is stable.'],
  [
    { kind: 'held', reason: 'It waits.', hints: ['Promote again.'] },
    'info HELD It waits.',
    ['Promote again.'],
  ],
  [{ kind: 'shown', reason: 'Dry run.', hints: [] }, 'info SHOWN Dry run.'],
  [{ kind: 'aborted', reason: 'It was bad.', hints: [] }, 'error ABORTED It was bad.'],
  [{ kind: 'aborted', reason: 'By bob.', hints: [], requested: true }, 'info ABORTED By bob.'],
  [
    { kind: 'refused', code: 'rights', reason: 'No.', hints: ['a\nb', 'c'] },
    'error REFUSED (rights) No.',
    ['a', 'b', 'c'],
  ],
  [{ kind: 'stuck', reason: 'Why.\nWhere.', hints: ['What.'] }, 'error STUCK Why.', ['Where.', 'What.']],
  [{ kind: 'stuck', reason: 'Why.', hints: [], requested: true }, 'error STUCK Why.'],
];

const said = ({ level, word, text }: Line) => `${level} ${word} ${text}`;

block('report/describe', () => {
  for (const [event, expected, below = []] of EVENTS) {
    it(`${event.type}: ${expected}`, () => {
      const line = describe(event, NOON) ?? assert.fail('it is not printed');
      assert.equal(said(line), expected);
      assert.deepEqual(line.details, below);
      assert.ok(line.word.length <= 9, 'the word fits into its column');
    });
  }

  it('has no line for what only a page shows', () => {
    const build = { number: '', link: '', repository: '', commit: '', target: '', who: '' };
    assert.equal(describe({ type: 'run', version: '1', build, settings: [] }, NOON), undefined);
    assert.equal(describe({ type: 'counted', stage: '10 %', weight: 10, comparisons: [] }, NOON), undefined);
  });

  for (const [outcome, expected, below = []] of OUTCOMES) {
    it(`${outcome.kind}: ${expected}`, () => {
      const line = describeOutcome(outcome);
      assert.equal(said(line), expected);
      assert.deepEqual(line.details, below);
    });
  }
});
