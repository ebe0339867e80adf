import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ComparisonResult } from '../../../src/measurements.ts';
import type { Facts } from '../../../src/report/facts/facts.ts';
import { renderPage } from '../../../src/report/page/render.ts';
import { factsFrom, story } from '../facts/random-stories.ts';
import { textOf, visible } from '../facts/visible.ts';

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
