import type { CheckResult } from '../../measurements.ts';
import { boundsText, jobEndText, valueText } from '../../sentences.ts';
import type { Block, Facts, Limited, TroubleFact } from '../facts/facts.ts';
import { pastText } from '../history.ts';
import { ratesText } from '../rates.ts';
import { type Html, html } from './html.ts';
import { clockTime, fold, leftOut, section, table } from './text.ts';

/** The checks of the user. */
export function checks({ checks: measured, jobs }: Facts): Html | undefined {
  const byValue = measured.map((check) => [
    html`<code>${check.name}</code>`,
    valueText(check),
    boundsText(check),
    passText(check.passed),
    failuresText(check),
    check.stage,
  ]);
  const byJob = jobs.map(({ of, name, step, passed, ms, message = '', lines }) => [
    html`<code>${name}</code>`,
    html`${passed ? jobEndText(ms) : message}${lines.length > 0 && fold('Last lines', html`<pre>${lines.join('\n')}</pre>`)}`,
    'exit code 0',
    passText(passed),
    '1',
    of ?? step ?? 'before any user',
  ]);
  const columns = ['Check', 'Last value', 'Expected', 'Verdict', '#Measurements', 'Stage'];
  return section('Checks', table('Checks of the settings', columns, [...byValue, ...byJob]));
}

function passText(passed: boolean | undefined): Html {
  if (passed === undefined) return html`<span class="warn">? not known</span>`;
  return passed ? html`<span class="ok">✔ passed</span>` : html`<span class="no">✖ failed</span>`;
}

function failuresText({ measurements, failures }: CheckResult): string {
  return failures === 0 ? String(measurements) : `${measurements}, ${failures} failed`;
}

/** Pods that do not run, with their last lines; then warnings. */
export function trouble({ troubles, warnings }: Facts): Html | undefined {
  return section(
    'Trouble',
    html`${troubles.shown.map(troubleText)}`,
    leftOut(troubles, 'pods in trouble'),
    bullets(warnings, 'warnings'),
  );
}

function troubleText({ at, pod, container, reason, message, log }: TroubleFact): Html {
  const where =
    container === undefined
      ? html`<code>${pod}</code>`
      : html`<code>${pod}</code>, container <code>${container}</code>`;
  return html`<article><h3><span class="no">⚠ ${reason}</span> in ${where}</h3>
<p><span class="t soft">${clockTime(at)}</span> ${message}</p>${log.shown.length > 0 && html`<pre>${log.shown.join('\n')}</pre>`}${leftOut(log, 'lines')}</article>
`;
}

function bullets(texts: Limited<string>, what: string): Html {
  if (texts.total === 0) return html``;
  return html`<ul>${texts.shown.map((text) => html`<li>${text}</li>\n`)}</ul>${leftOut(texts, what)}`;
}

/** What was read and written, for those who want to know exactly. */
export function details(facts: Facts): Html | undefined {
  const { plans, diffs, writes, webhooks, notes, settings, history, at } = facts;
  const done = { create: 'created', update: 'updated', delete: 'removed' } as const;
  const written = writes.shown.map((write) => [
    html`<span class="t">${clockTime(write.at)}</span>`,
    done[write.verb],
    html`<code>${write.object}</code>`,
    write.message,
  ]);
  const given = settings.map(({ name, value }) => [
    html`<code>${name}</code>`,
    value === undefined ? html`<span class="soft">a secret</span>` : html`<code>${value}</code>`,
  ]);
  const sent = webhooks.shown.map(({ url, result }) => [html`<code>${url}</code>`, result]);
  const watching = facts.watchers.map(({ name, state, detail }) => [name, state, detail]);
  const past = history.map((each) => html`<li>${pastText(each, at)}</li>\n`);
  const rates = ratesText(history);
  return section(
    'Details',
    past.length > 0
      ? html`<h3>Last promotions</h3><ul>${past}</ul>${rates && html`<p>${rates}</p>`}`
      : undefined,
    folded(
      'What would notice a bad release',
      table('Found before the start', ['By', 'State', 'Detail'], watching),
    ),
    folded('Webhooks', table('Webhooks', ['URL', 'Answer'], sent), leftOut(webhooks, 'answers')),
    folded(
      `What was written (${writes.total})`,
      table('Writes, times in UTC', ['Time', 'What', 'Object', 'Why'], written),
      leftOut(writes, 'writes'),
    ),
    notes.total === 0 ? undefined : fold(`Notes (${notes.total})`, bullets(notes, 'notes')),
    blocks('Plan', plans),
    blocks('Diff', diffs),
    folded(`Settings (${settings.length})`, table('Settings of the step', ['Setting', 'Value'], given)),
  );
}

function folded(title: string, content: Html | undefined, rest?: Html): Html | undefined {
  return content && fold(title, html`${content}${rest}`);
}

function blocks(title: string, all: Limited<Block>): Html | undefined {
  if (all.total === 0) return undefined;
  const shown = all.shown.map(
    (block) =>
      html`<h3>${block.title}</h3>${block.lines.total > 0 && html`<pre>${block.lines.shown.join('\n')}</pre>`}${leftOut(block.lines, 'lines')}`,
  );
  return fold(title, html`${shown}${leftOut(all, 'entries')}`);
}
