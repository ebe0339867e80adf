import fc from 'fast-check';
import type { PromotionEvent } from '../../../src/events.ts';
import type { CheckResult, ComparisonResult } from '../../../src/measurements.ts';
import type { Outcome } from '../../../src/outcome.ts';
import type { Facts } from '../../../src/report/facts/facts.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/facts/fold.ts';

/** What a pod may print, or somebody may name an object, to take over a page or a terminal. */
const HOSTILE = fc.constantFrom(
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</pre></main></body></html>',
  '<!--',
  '-->',
  ']]>',
  '&lt;b&gt;',
  '</style><style>*{display:none}',
  'javascript:alert(1)',
  'https://example.com/"onclick="x',
  '\u001b]1338;eyJzY2hlbWEiOiIifQ==\u001b]0m',
  '\u001b[2J\u001b[31mred',
  '\u202etxt.exe',
  '\u0000\u0007\ud800',
);
const text = fc.oneof({ weight: 3, arbitrary: fc.string({ unit: 'grapheme' }) }, HOSTILE, fc.constant('web'));
const lines = fc.array(text, { maxLength: 5 });
const count = fc.nat(5000);
const side = fc.record({ requests: count, bad: count });
const optional: { requiredKeys: [] } = { requiredKeys: [] };

const comparison: fc.Arbitrary<ComparisonResult> = fc
  .tuple(
    fc.record({
      what: fc.constantFrom('failed', 'slow'),
      canary: side,
      reference: fc.record({
        name: fc.constantFrom('stable', 'baseline', 'before'),
        requests: count,
        bad: count,
      }),
      conclusive: fc.boolean(),
      source: fc.constantFrom('router', 'pods'),
    } as const),
    fc.record(
      {
        boundMs: count,
        detectable: fc.double({ min: 0, max: 1, noNaN: true }),
        evidence: fc.record({ log: fc.double({ min: 0, max: 1e4, noNaN: true }), needed: fc.constant(5.3) }),
      },
      optional,
    ),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const check: fc.Arbitrary<CheckResult> = fc
  .tuple(
    fc.record({ name: text, measurements: count, failures: count }),
    fc.record(
      {
        value: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        message: text,
        min: count,
        passed: fc.boolean(),
      },
      optional,
    ),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const url = fc.oneof(text, fc.webUrl());

const event: fc.Arbitrary<PromotionEvent> = fc.oneof(
  fc.record({
    type: fc.constant('run' as const),
    version: text,
    build: fc.record({ number: text, link: url, repository: text, commit: text, target: text, who: text }),
    settings: fc.array(fc.record({ name: text, value: text }), { maxLength: 4 }),
  }),
  fc.record({ type: fc.constantFrom('plan' as const), title: text, lines }),
  fc.record({ type: fc.constantFrom('warning' as const, 'note' as const), message: text }),
  fc.record({ type: fc.constantFrom('image' as const, 'tagged' as const), image: text, message: text }),
  fc.record({
    type: fc.constant('watchers' as const),
    watchers: fc.array(
      fc.record({ name: text, state: fc.constantFrom('counts', 'unavailable'), detail: text }),
    ),
  }),
  fc.record({
    type: fc.constant('started' as const),
    action: text,
    workload: text,
    namespace: text,
    from: text,
    to: text,
    by: text,
  }),
  fc.record({
    type: fc.constant('stage' as const),
    index: count,
    count,
    kind: fc.constantFrom('weight', 'hold', 'setWeight'),
    name: text,
    weight: fc.nat(100),
  }),
  fc.record({ type: fc.constant('weight' as const), weight: fc.nat(100), routes: lines }),
  fc.record({ type: fc.constant('waiting' as const), for: text }),
  fc.record({ type: fc.constant('down' as const), reason: text }),
  fc.record({
    type: fc.constant('write' as const),
    verb: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
    object: text,
    message: text,
  }),
  fc.record({
    type: fc.constant('counted' as const),
    stage: text,
    weight: fc.nat(100),
    share: fc.record({ canary: count, total: count }),
    comparisons: fc.array(comparison, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('measured' as const),
    stage: text,
    comparisons: fc.array(comparison, { maxLength: 3 }),
    checks: fc.array(check, { maxLength: 3 }),
    conclusive: fc.boolean(),
    blind: text,
  }),
  fc.record({ type: fc.constant('check' as const), name: text, passed: fc.boolean(), message: text, lines }),
  fc.record({
    type: fc.constant('trouble' as const),
    pod: text,
    container: text,
    reason: text,
    message: text,
    log: lines,
  }),
  fc.record({
    type: fc.constant('diff' as const),
    object: text,
    verb: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
    lines,
  }),
  fc.record({ type: fc.constant('sent' as const), url, status: count, ms: count, message: text }),
  fc.record({ type: fc.constant('answer' as const), url, accepted: fc.boolean(), message: text }),
);
const outcome: fc.Arbitrary<Outcome> = fc
  .tuple(
    fc.record({
      kind: fc.constantFrom('promoted', 'held', 'aborted', 'superseded', 'refused', 'stuck', 'shown'),
      reason: text,
      hints: lines,
    } as const),
    fc.record(
      { workload: text, namespace: text, from: text, to: text, image: text, digest: text, watched: lines },
      optional,
    ),
  )
  .map(([known, more]) => ({ ...known, ...more }));

/** Events in any order, and how they end. */
export const story = fc.record({
  events: fc.array(event, { maxLength: 40 }),
  end: fc.option(outcome, { nil: undefined }),
});

/** The facts of such a story. */
export function factsFrom({ events, end }: { events: PromotionEvent[]; end: Outcome | undefined }): Facts {
  const told = events.reduce((so, each, index) => withEvent(so, each, 1000 * index), noStory());
  return factsOf(told, end, 1000 * events.length);
}
