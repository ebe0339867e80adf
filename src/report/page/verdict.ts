import { formatDuration } from '../../duration.ts';
import type { Outcome } from '../../outcome.ts';
import type { Facts } from './facts.ts';
import { type Html, html, link } from './html.ts';
import { dayTime } from './text.ts';

/** How an outcome looks: not by its colour alone. */
interface Look {
  className: 'good' | 'bad' | 'wait' | 'calm';
  icon: string;
}

const LOOKS: Readonly<Record<Outcome['kind'], Look>> = {
  promoted: { className: 'good', icon: '✔' },
  held: { className: 'wait', icon: '⏸' },
  aborted: { className: 'bad', icon: '✖' },
  superseded: { className: 'wait', icon: '➜' },
  refused: { className: 'bad', icon: '⊘' },
  stuck: { className: 'bad', icon: '⚠' },
  shown: { className: 'calm', icon: 'ℹ' },
};

/** The verdict in one word. */
export function verdictWord({ outcome }: Facts): string {
  return outcome ? outcome.kind.toUpperCase() : 'NOT FINISHED';
}

/** The verdict, its reason, what production runs, and what to do next. */
export function verdict(facts: Facts): Html {
  const { outcome } = facts;
  const { className, icon } = lookOf(outcome);
  const reason =
    outcome?.reason ?? 'The step was cancelled; this page was written before the promotion came to its end.';
  const code = outcome?.code === undefined ? undefined : html` <code>(${outcome.code})</code>`;
  return html`<header class="verdict ${className}"><h1><span class="icon" aria-hidden="true">${icon}</span>${verdictWord(facts)}${code}</h1>
${reason.split('\n').map((each) => html`<p class="reason">${each}</p>`)}
${productionText(facts).map((each) => html`<p>${each}</p>`)}
${nextSteps(outcome)}</header>
`;
}

function lookOf(outcome: Outcome | undefined): Look {
  if (!outcome) return { className: 'wait', icon: '…' };
  // the person who asked for it is not to be alarmed
  if (outcome.kind === 'aborted' && outcome.requested) return { className: 'calm', icon: '✔' };
  return LOOKS[outcome.kind];
}

/** What production runs now, and what would have noticed a bad release. */
function productionText({ outcome, watchers }: Facts): string[] {
  if (!outcome) return [];
  const { kind, image, weight, from, to, watched, reason } = outcome;
  const isSaid = image !== undefined && reason.includes(image);
  const texts: string[] = [];
  if (kind === 'refused') texts.push('Nothing was changed.');
  else if (weight !== undefined && weight > 0 && weight < 100 && from && to)
    texts.push(`Now ${weight} % of the users get ${to}; the others get ${from}.`);
  else if (kind === 'promoted' && image) texts.push(`Production runs ${image} for all users.`);
  else if (kind === 'aborted' && image && !isSaid) texts.push(`Production runs ${image}.`);
  if (watched?.length === 0) texts.push('Unwatched: nothing would have noticed a bad release.');
  else if (watched) texts.push(`A bad release would have been noticed by ${watched.join(', ')}.`);
  const absent = watchers.filter(({ state }) => state === 'unavailable');
  if (absent.length > 0)
    texts.push(`Not by ${absent.map(({ name, detail }) => `${name} (${detail})`).join(', ')}.`);
  return texts;
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
    ['Largest weight', outcome?.reachedWeight === undefined ? undefined : `${outcome.reachedWeight} %`],
  ];
  const known = rows.filter(([, value]) => value !== undefined && value !== '');
  if (known.length === 0) return html``;
  return html`<dl>${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>\n`;
}

function code(text: string | undefined): Html | undefined {
  return text ? html`<code>${text}</code>` : undefined;
}

/** Who promoted, without the address of the build, which has a row of its own. */
function withoutLink(by: string | undefined): string | undefined {
  return by?.replace(/ \(https?:\/\/[^\s)]*\)$/, '');
}
