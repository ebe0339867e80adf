import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PromotionEvent } from '../../src/events.ts';
import type { Outcome } from '../../src/outcome.ts';
import { cardData } from '../../src/report/card/data.ts';
import type { Facts } from '../../src/report/facts/facts.ts';
import { createLog } from '../../src/report/log.ts';
import { renderPage } from '../../src/report/page/render.ts';
import { factsFrom, story } from './facts/random-stories.ts';
import { textOf, visible } from './facts/visible.ts';

/** What each of the four says of a promotion. */
interface Said {
  verdict: string;
  reason: string;
  from: string;
  to: string;
  workload: string;
  namespace: string;
}

/** An entry of the log. */
interface Entry {
  word: string;
  msg: string;
  details?: string[];
  event?: PromotionEvent;
  outcome?: Outcome;
}

/** A text as a reader compares it; the card writes `](` with a space, so that it makes no link. */
function read(text: string | undefined): string {
  return visible((text ?? '').replaceAll('](', '] ('));
}

function said(values: { [Each in keyof Said]?: string | undefined }): Said {
  const { verdict, reason, from, to, workload, namespace } = values;
  return {
    verdict: read(verdict),
    reason: read(reason),
    from: read(from),
    to: read(to),
    workload: read(workload),
    namespace: read(namespace),
  };
}

/** By the log: its last line, and the line of the start for what the end does not say. */
function byLog(events: readonly PromotionEvent[], end: Outcome): Said {
  const written: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    colour: false,
    write: (text) => {
      written.push(text);
    },
  });
  for (const [index, event] of events.entries()) log.event(event, 1000 * index);
  log.outcome(end, 1000 * events.length);
  const entries = written.map((line): Entry => JSON.parse(line));
  const last = entries.at(-1);
  assert.ok(last?.outcome);
  const start = entries.flatMap(({ event }) => (event?.type === 'started' ? [event] : [])).at(-1);
  const more = (last.details ?? []).slice(0, last.outcome.reason.split('\n').length - 1);
  return said({ ...start, ...last.outcome, verdict: last.word, reason: [last.msg, ...more].join('\n') });
}

function byJson(facts: Facts): Said {
  const { outcome, subject }: Facts = JSON.parse(JSON.stringify(facts));
  return said({
    verdict: outcome?.kind.toUpperCase(),
    reason: outcome?.reason,
    from: outcome?.from ?? subject?.from,
    to: outcome?.to ?? subject?.to,
    workload: outcome?.workload ?? subject?.workload,
    namespace: outcome?.namespace ?? subject?.namespace,
  });
}

/** The rows of the page's summary, and its verdict. */
function byPage(facts: Facts): Said {
  const page = renderPage(facts, 'x.json');
  const rows = new Map(
    [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name = '', value = '']) => [name, value]),
  );
  const [workload, namespace] = placeOf(rows.get('Workload'));
  return said({
    verdict: textOf(/<\/span>([A-Z]+)(?: <code>.*?<\/code>)?<\/h1>/s.exec(page)?.[1] ?? ''),
    reason: [...page.matchAll(/<p class="reason">(.*?)<\/p>/gs)]
      .map(([, text = '']) => textOf(text))
      .join('\n'),
    from: textOf(rows.get('From') ?? ''),
    to: textOf(rows.get('To') ?? ''),
    workload: textOf(workload),
    namespace: textOf(namespace),
  });
}

function byCard(facts: Facts, { reason }: Said): Said {
  const data = cardData(facts);
  const rows = new Map(data.facts.map(({ title, value }) => [title, value]));
  const [workload, namespace] = placeOf(rows.get('Workload'));
  // the reason is the first paragraph
  const begin = read(data.reason).slice(0, reason.length);
  return said({
    verdict: data.word,
    reason: begin,
    from: rows.get('From'),
    to: rows.get('To'),
    workload,
    namespace,
  });
}

/** The workload and its namespace, from `deployment/web in namespace shop`. */
function placeOf(text = ''): [workload: string, namespace: string] {
  const [workload = '', namespace = ''] = text.split(' in namespace ');
  return [workload, namespace];
}

describe('report, random stories', () => {
  it('has the same verdict, reason, from, to and workload in log, JSON, page and card', () => {
    fc.assert(
      fc.property(story, ({ events, end }) => {
        fc.pre(end !== undefined);
        const facts = factsFrom({ events, end });
        const log = byLog(events, end);
        // without a workload, nobody says its namespace
        const expected = log.workload === '' ? { ...log, namespace: '' } : log;
        assert.deepEqual({ ...byJson(facts), namespace: expected.namespace }, expected, 'JSON');
        assert.deepEqual(byPage(facts), expected, 'page');
        assert.deepEqual(byCard(facts, log), expected, 'card');
      }),
      { numRuns: 300 },
    );
  });
});
