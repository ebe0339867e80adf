import { formatDuration } from '../../duration.ts';
import type { Outcome } from '../../outcome.ts';
import type { Facts } from '../facts/facts.ts';
import { productionText, reasonText, toneOf, verdictWord, withoutLink } from '../facts/summary.ts';
import { type Html, html, link } from './html.ts';
import { dayTime } from './text.ts';

/** An outcome is not shown by its colour alone. */
const ICONS: Readonly<Record<Outcome['kind'], string>> = {
  promoted: '✔',
  held: '⏸',
  aborted: '✖',
  superseded: '➜',
  refused: '⊘',
  stuck: '⚠',
  shown: 'ℹ',
};

/** The verdict, its reason, what production runs, and what to do next. */
export function verdict(facts: Facts): Html {
  const { outcome } = facts;
  const tone = toneOf(outcome);
  const icon =
    outcome === undefined ? '…' : tone === 'calm' && outcome.kind === 'aborted' ? '✔' : ICONS[outcome.kind];
  const code = outcome?.code === undefined ? undefined : html` <code>(${outcome.code})</code>`;
  return html`<header class="verdict ${tone}"><h1><span class="icon" aria-hidden="true">${icon}</span>${verdictWord(facts)}${code}</h1>
${reasonText(facts)
  .split('\n')
  .map((each) => html`<p class="reason">${each}</p>`)}
${productionText(facts).map((each) => html`<p>${each}</p>`)}
${nextSteps(outcome)}</header>
`;
}

function nextSteps(outcome: Outcome | undefined): Html | undefined {
  if (!outcome || outcome.hints.length === 0) return undefined;
  return html`<h2>Next</h2><pre>${outcome.hints.join('\n')}</pre>`;
}

/** From, to, who, where, when. */
export function summary(facts: Facts): Html {
  const { outcome, subject, build, startedAt, at, resumed } = facts;
  const workload = outcome?.workload ?? subject?.workload;
  const namespace = outcome?.namespace ?? subject?.namespace;
  const begun = startedAt === undefined ? undefined : dayTime(startedAt);
  const took = outcome?.durationMs ?? (startedAt === undefined ? undefined : at - startedAt);
  const rows: [name: string, value: Html | string | undefined][] = [
    ['From', code(outcome?.from ?? subject?.from)],
    ['To', code(outcome?.to ?? subject?.to)],
    ['Digest', code(outcome?.digest)],
    [
      'Workload',
      workload && html`<code>${workload}</code>${namespace && html` in namespace <code>${namespace}</code>`}`,
    ],
    ['Target', build?.target],
    ['Promoted by', withoutLink(subject?.by ?? build?.who)],
    ['Build', build?.number && link(build.link, [build.repository, build.number].filter(Boolean).join(' '))],
    ['Commit', code(build?.commit)],
    ['Begun', begun],
    ['Took', took === undefined ? undefined : formatDuration(took)],
    ['Resumed at', resumed],
    ...(outcome?.gates ?? []).map(({ at: passedAt, stage, by }): [string, string] => [
      `Passed ${stage}`,
      `${withoutLink(by)}, ${dayTime(passedAt)}`,
    ]),
    ['Largest weight', outcome?.reachedWeight === undefined ? undefined : `${outcome.reachedWeight} %`],
  ];
  const known = rows.filter(([, value]) => value !== undefined && value !== '');
  if (known.length === 0) return html``;
  return html`<dl>${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>\n`;
}

function code(text: string | undefined): Html | undefined {
  return text ? html`<code>${text}</code>` : undefined;
}
