import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { PromotionEvent } from '../../../src/events.ts';
import type { CheckResult, ComparisonResult } from '../../../src/measurements.ts';
import type { Outcome } from '../../../src/outcome.ts';
import type { Facts } from '../../../src/report/page/facts.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/page/fold.ts';
import { renderPage } from '../../../src/report/page/render.ts';

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

const story = fc.record({
  events: fc.array(event, { maxLength: 40 }),
  end: fc.option(outcome, { nil: undefined }),
});

function factsFrom({ events, end }: { events: PromotionEvent[]; end: Outcome | undefined }): Facts {
  const told = events.reduce((so, each, index) => withEvent(so, each, 1000 * index), noStory());
  return factsOf(told, end, 1000 * events.length);
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

/** The text of a page, as somebody reads it. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

/** A text without the characters that no page shows. */
function visible(given: string): string {
  return stripVTControlCharacters(given)
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .trim();
}

/** Each text of the facts that a page must show. */
function* textsOf(facts: Facts): Generator<string> {
  const { outcome: end, build, subject } = facts;
  if (end) yield* [...end.reason.split('\n'), ...end.hints, ...(end.watched ?? [])];
  yield* [end?.from ?? subject?.from, end?.to ?? subject?.to, end?.digest].map((each) => each ?? '');
  yield* [end?.workload ?? subject?.workload, build?.commit, build?.target, facts.down].map(
    (each) => each ?? '',
  );
  for (const { name, value = '' } of facts.settings) yield* [name, value];
  for (const { name, state, detail } of facts.watchers) yield* [name, state, detail];
  for (const { name, notes } of facts.stages.shown) yield* [name, ...notes.shown];
  for (const { name } of facts.checks) yield name;
  for (const { name, passed, message = '', lines: said } of facts.jobs)
    yield* [name, passed ? '' : message, ...said];
  for (const { pod, container = '', reason, message, log } of facts.troubles.shown)
    yield* [pod, container, reason, message, ...log.shown];
  yield* [...facts.warnings.shown, ...facts.notes.shown];
  for (const { object, message } of facts.writes.shown) yield* [object, message];
  for (const { title, lines: said } of [...facts.plans.shown, ...facts.diffs.shown])
    yield* [title, ...said.shown];
  for (const { url: sent, result } of facts.webhooks.shown) yield* [sent, result];
  for (const { stage, comparisons, blind = '' } of facts.measured)
    yield* [...(comparisons.some(isShown) ? [stage] : []), blind];
}

function isShown({ what, boundMs, reference }: ComparisonResult): boolean {
  return reference.requests > 0 && (what === 'failed' || boundMs !== undefined);
}

const TAGS = new Set(
  'html head meta title style body main header h1 h2 h3 p pre code dl dt dd section table caption thead tbody tr th td div span ul li details summary article figure svg desc text line path footer a !doctype'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'lang charset http-equiv content name class id href rel tabindex role aria-label aria-labelledby aria-hidden scope viewBox x y x1 x2 y1 y2 d text-anchor html'.split(
    ' ',
  ),
);

describe('report/page, random stories', () => {
  it('shows every text of the facts, and no more than the facts that the JSON file has', () => {
    fc.assert(
      fc.property(story, (given) => {
        const facts = factsFrom(given);
        const shown = visible(textOf(renderPage(facts, 'x.json')));
        for (const each of textsOf(facts))
          assert.ok(shown.includes(visible(each)), `${JSON.stringify(each)} is not shown`);
        // the page is made of what the file of JSON has
        assert.equal(renderPage(JSON.parse(JSON.stringify(facts)), 'x.json'), renderPage(facts, 'x.json'));
      }),
      { numRuns: 300 },
    );
  });

  it('has no markup but its own, whatever pods print and objects are called', () => {
    fc.assert(
      fc.property(story, (given) => {
        const page = renderPage(factsFrom(given), 'x.json');
        for (const [tag, name = ''] of page.matchAll(/<\/?([^\s>/]*)[^>]*>/g)) {
          assert.ok(TAGS.has(name), tag);
          const attributes = tag.slice(name.length + 1).replace(/"[^"]*"/g, '""');
          for (const [, attribute = ''] of attributes.matchAll(/\s([^\s=>/]+)/g))
            assert.ok(ATTRIBUTES.has(attribute), tag);
        }
        for (const [, address = ''] of page.matchAll(/href="([^"]*)"/g))
          assert.match(address, /^(https?:\/\/|x\.json$)/i);
        assert.equal(page.match(/<style>/g)?.length, 1);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
        assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        assert.ok(page.isWellFormed());
      }),
      { numRuns: 300 },
    );
  });

  it('has a table for each chart, and a title and a description in it', () => {
    fc.assert(
      fc.property(story, (given) => {
        const page = renderPage(factsFrom(given), 'x.json');
        for (const [, ids = ''] of page.matchAll(/<svg [^>]*role="img" aria-labelledby="([^"]*)"/g))
          for (const id of ids.split(' ')) assert.equal(page.split(` id="${id}"`).length, 2, id);
        for (const [chart] of page.matchAll(/<svg .*?<\/svg>/gs))
          assert.doesNotMatch(chart, /NaN|Infinity|undefined|\[object/);
        if (page.includes('id="failed-t"')) assert.match(page, /Counts over time/);
        if (page.includes('id="weight-t"')) assert.match(page, /Stages, times in UTC|Users on the canary/);
      }),
      { numRuns: 300 },
    );
  });
});
