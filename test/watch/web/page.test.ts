import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ComparisonResult } from '../../../src/measurements.ts';
import type { Progress } from '../../../src/progress.ts';
import type { Waiting } from '../../../src/watch/keel.ts';
import { rowsOf } from '../../../src/watch/lines.ts';
import type { Sampled } from '../../../src/watch/samples.ts';
import type { Picture } from '../../../src/watch/screen.ts';
import { keyOf, type Seen } from '../../../src/watch/seen.ts';
import { factsFrom } from '../../../src/watch/web/facts.ts';
import { POLICY, renderWatchPage } from '../../../src/watch/web/page.ts';

const AT = Date.parse('2026-11-28T20:10:00Z');
const EVIL = '<img src=x onerror=alert(1)>"\'&\u202e';

const counts = (bad: number): ComparisonResult => ({
  what: 'failed',
  canary: { requests: 100, bad },
  reference: { name: 'stable', requests: 900, bad: 1 },
  detectable: 0.05,
  conclusive: true,
  source: 'router',
});
const now = (over: Partial<Progress> = {}): Progress => ({
  state: 'promoting',
  id: '1',
  from: 'web:1.0.0',
  to: 'web:1.1.0',
  by: 'build 77',
  startedAt: AT - 300_000,
  stage: '50 %',
  number: 2,
  stages: ['10 %', '50 %'],
  weight: 50,
  since: AT - 60_000,
  watchers: [],
  way: [
    {
      name: '10 %',
      direction: 'up',
      number: 1,
      count: 2,
      weight: 10,
      since: AT - 290_000,
      measured: [counts(0)],
    },
  ],
  ...over,
});
const seen = (over: Partial<Seen> = {}): Seen => ({
  namespace: 'shop',
  workload: 'deployment/web',
  history: [],
  now: now(),
  ...over,
});

function page(
  all: Seen[],
  open?: string,
  sampled: readonly Sampled[] = [],
  waiting: readonly Waiting[] = [],
): string {
  const rows = rowsOf({ seen: all, followed: [], silent: new Set(), at: AT });
  const picture: Picture = {
    title: 'title',
    seen: all,
    sampled,
    waiting,
    rows,
    details: [],
    notes: [],
    at: AT,
  };
  return renderWatchPage(picture, open);
}

describe('watch/web/facts: the way of a promotion, from its record', () => {
  it('has each stage with its time and weight, and what was measured', () => {
    const { stages, weights, measured } = factsFrom(seen(), AT);
    assert.deepEqual(
      stages.shown.map(({ name, weight, from, to }) => [name, weight, from, to]),
      [
        ['10 %', 10, AT - 290_000, AT - 60_000],
        ['50 %', 50, AT - 60_000, undefined],
      ],
    );
    assert.deepEqual(
      weights.shown.map(({ weight }) => weight),
      [10, 50],
    );
    assert.deepEqual(
      measured.map(({ stage, failed }) => [stage, failed]),
      [['10 %', false]],
    );
  });

  it('says why it went back, and in which stage it was found bad', () => {
    const back = now({ state: 'going back', reason: '9 of 20 failed', stage: 'weight 0', weight: 0 });
    const facts = factsFrom(seen({ now: back }), AT);
    assert.equal(facts.down, '9 of 20 failed');
    assert.deepEqual(
      facts.measured.map(({ failed }) => failed),
      [true],
    );
  });

  it('knows whose share the weights of a rolling update are', () =>
    assert.equal(factsFrom(seen({ now: now({ weightOf: 'pods' }) }), AT).weightOf, 'pods'));

  it('of a Rollout it knows no times', () =>
    assert.equal(factsFrom(seen({ now: now({ startedAt: undefined as never }) }), AT).stages.total, 0));
});

describe('watch/web/page', () => {
  it('lists all promotions, and shows the only one with its charts', () => {
    const text = page([seen()]);
    assert.match(text, /<a href="\?open=shop%20deployment%2Fweb">shop {2}deployment\/web/);
    assert.match(text, /<h2>deployment\/web in shop<\/h2>/);
    assert.match(text, /<svg [\s\S]*Users on the canary over time/);
    const rolling = page([seen({ now: now({ weightOf: 'pods' }) })]);
    assert.match(rolling, /<svg [\s\S]*Pods that run the release over time/);
    assert.match(text, /0\sof\s100\s\(0\s%\)/);
  });

  it('shows the counts of the running stage, and curves of those that it has seen', () => {
    const counted = { at: AT, share: { canary: 50, total: 100 }, comparisons: [counts(7)] };
    const samples = [0, 1, 2, 3].map((bad) => ({
      ...counted,
      at: AT - 20_000 + bad * 5_000,
      comparisons: [counts(bad)],
      stage: '50 %',
      weight: 50,
    }));
    const sampled = [{ key: 'shop deployment/web', id: '1', samples }];
    const text = page([seen({ now: now({ counted }) })], undefined, sampled);
    assert.match(
      text,
      /<div>canary 7 of 100 failed, stable 1 of 900; the canary got 50 of the last 100 requests \(50 %\)<\/div>/,
    );
    assert.match(text, /50\s% \(so far\)/);
    assert.match(text, />3\sof\s100/);
    assert.match(text, /<title[^>]*>Share of failed requests in the current stage/);
    const other = [{ ...sampled[0], id: '2' }] as typeof sampled;
    assert.doesNotMatch(page([seen({ now: now({ counted }) })], undefined, other), /so far/);
  });

  it('shows the approvals that wait at Keel, with a link and a command, and no password', () => {
    const approval = {
      id: 'a1',
      archived: false,
      identifier: EVIL,
      repository: { name: EVIL, tag: '1', digest: '' },
      eventAt: '2026-11-28T20:07:00Z',
      votesRequired: 2,
      votesReceived: 1,
      voters: [EVIL],
      rejected: false,
      deadline: '',
    };
    const keel = {
      admin: { host: 'keel:9300', approvals: async () => ({ kind: 'absent' }) as const },
      page: 'http://keel:9300/',
      username: 'ann',
    };
    const text = page([], undefined, [], [{ keel, approval, key: 'keel 1' }]);
    assert.match(text, /<h2>Approvals at Keel<\/h2>/);
    assert.match(text, /<a href="http:\/\/keel:9300\/">&lt;img/);
    assert.match(text, /<code>curl -u (&#39;|')ann/);
    assert.doesNotMatch(text, /<img|\u202e/);
  });

  it('of several it shows the one that is opened', () => {
    const other = seen({ namespace: 'other' });
    assert.doesNotMatch(page([seen(), other]), /<h2>/);
    assert.match(page([seen(), other], keyOf(other)), /<h2>deployment\/web in other<\/h2>/);
    assert.doesNotMatch(page([seen(), other], 'nowhere'), /<h2>/);
  });

  it('loads nothing, runs nothing, and has the style that the policy allows', () => {
    const text = page([seen()]);
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(text) ?? [];
    assert.ok(POLICY.includes(createHash('sha256').update(style).digest('base64')));
    assert.doesNotMatch(text, /<script|<link|<img|<iframe|url\(|\son\w+=/i);
    assert.match(text, /<meta http-equiv="refresh" content="5">/);
  });

  it('stops loading itself for a reader who wants that, and stays at what is open', () => {
    const all = [seen(), seen({ namespace: 'other' })];
    const rows = rowsOf({ seen: all, followed: [], silent: new Set(), at: AT });
    const picture: Picture = {
      title: 't',
      seen: all,
      sampled: [],
      waiting: [],
      rows,
      details: [],
      notes: [],
      at: AT,
    };
    const moving = renderWatchPage(picture, keyOf(all[0] as Seen));
    assert.match(moving, /<a href="\?open=shop%20deployment%2Fweb&amp;still">Stop reading it again<\/a>/);
    const still = renderWatchPage(picture, keyOf(all[0] as Seen), true);
    assert.doesNotMatch(still, /http-equiv="refresh"|, again every/);
    assert.match(still, /<a href="\?open=shop%20deployment%2Fweb">Read it again every 5 seconds<\/a>/);
    assert.match(still, /href="\?open=other%20deployment%2Fweb&amp;still"/, 'a link keeps it still');
    assert.match(renderWatchPage(picture, undefined), /<a href="\?still">Stop/);
  });

  it('markup in names does nothing', () => {
    const history = [
      {
        outcome: 'aborted',
        image: EVIL,
        from: EVIL,
        to: EVIL,
        reason: EVIL,
        by: EVIL,
        at: '2026-11-28T20:00:00Z',
      },
    ] as const;
    const way = [
      { name: EVIL, direction: 'up', number: 1, count: 1, since: AT - 9000, measured: [] },
    ] as const;
    const evil = now({
      from: EVIL,
      to: EVIL,
      by: EVIL,
      stage: EVIL,
      stages: [EVIL],
      reason: EVIL,
      holder: EVIL,
      watchers: [EVIL],
      way,
    });
    const text = page([seen({ namespace: EVIL, workload: EVIL, now: evil, history })]);
    assert.match(text, /&lt;img/);
    assert.doesNotMatch(text, /<img|\u202e/);
  });
});
