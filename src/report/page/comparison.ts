import type { ComparisonResult } from '../../measurements.ts';
import { percent, thousands } from '../../numbers.ts';
import { comparisonText, evidenceText, isWithoutBound, scoreText, sightText } from '../../sentences.ts';
import type { CountedFact, Facts, MeasuredFact } from '../facts/facts.ts';
import { drawChart, type Point } from './chart.ts';
import { countsTable } from './counts-table.ts';
import { type Html, html } from './html.ts';
import { ofText, rateText, section, table } from './text.ts';

/** The canary beside its reference: a table of the stages, then charts with the counts over time. */
export function comparison({ measured, counted }: Facts): Html | undefined {
  return section(
    'Canary and stable',
    measuredTable(measured),
    remarks(measured),
    charts(counted.shown),
    countsTable(counted.shown, counted.total),
  );
}

function measuredTable(measured: readonly MeasuredFact[]): Html | undefined {
  const rows = measured.flatMap((fact) =>
    fact.comparisons
      .filter(isComparison)
      .map((each) => [
        `${[fact.workload, fact.stage || 'the whole run'].filter(Boolean).join(': ')}${fact.unfinished ? ' (so far)' : ''}`,
        verdictOf(fact, each),
        `${whatText(each)}${each.source === 'pods' ? ', counted by the pods' : ''}`,
        ofText(each.canary.bad, each.canary.requests),
        html`${ofText(each.reference.bad, each.reference.requests)}<div class="soft">${each.reference.name === 'before' ? 'before the release' : each.reference.name}</div>`,
        each.detectable === undefined ? 'nothing' : `${percent(each.detectable)} or more`,
      ]),
  );
  const columns = [
    'Stage',
    'Verdict',
    'Requests that',
    '#On the canary',
    '#On the reference',
    '#Would have been noticed',
  ];
  return table('Requests of each stage', columns, rows);
}

/** Whether there is something to compare: at 100 %, nobody is on stable. */
function isComparison(each: ComparisonResult): boolean {
  return !isWithoutBound(each) && each.reference.requests > 0;
}

function whatText({ what, boundMs = 0 }: ComparisonResult): string {
  return what === 'failed' ? 'failed' : `took more than ${Number(boundMs.toPrecision(6))} ms`;
}

function verdictOf({ failed }: MeasuredFact, { conclusive, evidence }: ComparisonResult): Html {
  const isBad = evidence ? evidence.log >= evidence.needed : failed;
  const proof =
    evidence &&
    html`<div class="soft">evidence ${evidenceText(evidence.log)} of ${evidenceText(evidence.needed)}</div>`;
  if (isBad) return html`<span class="no">✖ the canary is worse</span>${proof}`;
  if (!conclusive) return html`<span class="warn">? too few requests to tell</span>${proof}`;
  return html`<span class="ok">✔ no difference that matters</span>${proof}`;
}

/** What the numbers mean, as sentences. */
function remarks(measured: readonly MeasuredFact[]): Html | undefined {
  const last = measured.findLast(({ comparisons }) => comparisons.some(isComparison));
  const main = last?.comparisons.find(isComparison);
  const texts = [
    main && `${last?.stage ? `At ${last.stage}: ` : ''}${comparisonText(main)}.`,
    main && sightText(main) && `At that stage, ${sightText(main)}.`,
    main?.evidence &&
      `The evidence says how strongly the counts speak against the release. It stays near 1 or falls if the canary is no worse. At ${evidenceText(main.evidence.needed)} the release is taken back; a good release hardly ever gets there (setting false_alarm).`,
    ...measured.flatMap(({ stage, score, blind }) => [
      score && `${stage || 'The whole run'}: ${scoreText(score)}.`,
      blind && `${stage || 'The whole run'}: errors were not judged: ${blind}`,
    ]),
  ].filter((text): text is string => text !== undefined && text !== '');
  return texts.length === 0
    ? undefined
    : html`<ul>${[...new Set(texts)].map((text) => html`<li>${text}</li>\n`)}</ul>`;
}

function charts(counted: readonly CountedFact[]): Html | undefined {
  const drawn = [
    ratesChart(counted, 'failed', 'Failed requests', 'Share of failed requests in the current stage'),
    ratesChart(counted, 'slow', 'Slow requests', 'Share of slow requests in the current stage'),
    evidenceChart(counted),
    shareChart(counted),
  ].filter((each) => each !== undefined);
  if (drawn.length === 0) return undefined;
  return html`<div class="charts">${drawn.map(({ title, svg }) => html`<figure><h3>${title}</h3>${svg}</figure>\n`)}</div>`;
}

interface Drawn {
  title: string;
  svg: Html;
}

function ratesChart(
  counted: readonly CountedFact[],
  what: ComparisonResult['what'],
  title: string,
  about: string,
): Drawn | undefined {
  const found = counted.flatMap(({ at, stage, comparisons }) => {
    const each = comparisons.find((one) => one.what === what && !isWithoutBound(one));
    return each ? [{ at, stage, each }] : [];
  });
  const end = found.at(-1);
  if (!end) return undefined;
  const side = (of: (each: ComparisonResult) => { requests: number; bad: number }): Point[] =>
    found.map(({ at, stage, each }, index) => {
      const { requests, bad } = of(each);
      const isNew = index > 0 && found[index - 1]?.stage !== stage;
      // the counts begin again with each stage, so its line does too
      return [at, requests === 0 || isNew ? undefined : bad / requests];
    });
  const { canary, reference } = end.each;
  const svg = drawChart({
    id: what,
    title: `${about}: canary and ${reference.name}`,
    description: `At the end, ${ofText(canary.bad, canary.requests)} on the canary, ${ofText(reference.bad, reference.requests)} on ${reference.name}. The table below has the numbers.`,
    lines: [
      { name: reference.name, className: 'stable', points: side(({ reference: each }) => each) },
      { name: 'canary', className: 'canary', points: side(({ canary: each }) => each) },
    ],
    atLeast: 0.01,
    format: rateText,
  });
  return svg && { title, svg };
}

function evidenceChart(counted: readonly CountedFact[]): Drawn | undefined {
  const found = counted.flatMap(({ at, comparisons }) => {
    const [strongest] = comparisons.flatMap(({ evidence }) => evidence ?? []).sort((a, b) => b.log - a.log);
    return strongest ? [{ at, evidence: strongest }] : [];
  });
  const end = found.at(-1);
  if (!end) return undefined;
  const inTens = (log: number) => Math.max(0, log) / Math.LN10;
  const most = inTens(end.evidence.needed) * 2;
  const svg = drawChart({
    id: 'evidence',
    title: 'Evidence that the canary is worse, and the bound',
    description: `At the end, ${evidenceText(end.evidence.log)} of the ${evidenceText(end.evidence.needed)} that take the release back.`,
    lines: [
      {
        name: 'taken back at',
        className: 'bound',
        points: found.map(({ at, evidence }) => [at, inTens(evidence.needed)]),
      },
      {
        name: 'evidence',
        className: 'canary',
        points: found.map(({ at, evidence }) => [at, Math.min(most, inTens(evidence.log))]),
      },
    ],
    atLeast: 1,
    format: (value) => (Number.isInteger(value) ? thousands(10 ** value) : ''),
  });
  return svg && { title: 'Evidence against the release', svg };
}

function shareChart(counted: readonly CountedFact[]): Drawn | undefined {
  const found = counted.flatMap(({ at, weight, share }) => (share ? [{ at, weight, share }] : []));
  const end = found.at(-1);
  if (!end) return undefined;
  const svg = drawChart({
    id: 'share',
    title: 'Share of the requests on the canary, and its weight',
    description: `At the end, ${ofText(end.share.canary, end.share.total)} of the last requests at a weight of ${end.weight} %.`,
    lines: [
      {
        name: 'weight',
        className: 'weight',
        points: found.map(({ at, weight }) => [at, weight]),
        isArea: true,
      },
      {
        name: 'measured, last requests',
        className: 'canary',
        points: found.map(({ at, share: { canary, total } }) => [
          at,
          total === 0 ? undefined : (canary / total) * 100,
        ]),
      },
    ],
    atLeast: 10,
    format: (value) => `${value} %`,
  });
  return svg && { title: 'Share of the requests', svg };
}
