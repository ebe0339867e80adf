import { formatDuration } from '../../duration.ts';
import type { CheckEvent, HoldingEvent, MeasuredEvent, PromotionEvent } from '../../events.ts';
import type { CheckResult } from '../../measurements.ts';
import type { Outcome } from '../../outcome.ts';
import { ratesOf } from '../rates.ts';
import type { CheckFact, CountedFact, Facts, MeasuredFact, Story, Thinned } from './facts.ts';
import { bounded, clipped, first, last, MOST, nothing, plus } from './limits.ts';
import { closed, entered, inStage, withWeight } from './stage-facts.ts';

/** The story before the first event. */
export function noStory(): Story {
  return {
    version: '',
    settings: [],
    watchers: [],
    stages: nothing(),
    weights: nothing(),
    measured: [],
    counted: { kept: [], step: 1, total: 0 },
    checks: [],
    jobs: [],
    troubles: nothing(),
    warnings: nothing(),
    notes: nothing(),
    writes: nothing(),
    plans: nothing(),
    diffs: nothing(),
    webhooks: nothing(),
    history: [],
  };
}

/** The story with one more event. Pure. @param at milliseconds since the epoch */
export function withEvent(story: Story, given: PromotionEvent, at: number): Story {
  const event = bounded(given, MOST.blockLines);
  const told: Story = { ...story, startedAt: story.startedAt ?? at };
  switch (event.type) {
    case 'run':
      return { ...told, version: event.version, build: event.build, settings: event.settings };
    case 'started': {
      const { type: _, ...subject } = event;
      return { ...told, subject };
    }
    case 'resumed':
      return { ...told, resumed: event.stage };
    case 'watchers':
      return { ...told, watchers: event.watchers };
    case 'plan':
      return {
        ...withBlock(told, 'plans', event.title, linesOf(given, 'lines')),
        history: event.history?.slice(0, MOST.history) ?? told.history,
      };
    case 'diff':
      return withBlock(told, 'diffs', `${event.verb} ${event.object}`, linesOf(given, 'lines'));
    case 'status':
      return {
        ...withBlock(told, 'plans', event.title, linesOf(given, 'lines')),
        history: event.history.slice(0, MOST.history),
      };
    case 'stage':
      return entered(told, event, at);
    case 'weight':
      return withWeight(told, event, at);
    case 'waiting':
      return { ...told, stages: inStage(told.stages, `waited for ${event.for}`) };
    case 'holding':
      return { ...told, stages: inStage(told.stages, heldText(event)) };
    case 'down':
      return { ...told, down: event.reason, stages: inStage(told.stages, 'rolled back from here') };
    case 'in-force': {
      const share = `${event.canary} of the last ${event.total} requests on the canary`;
      return {
        ...told,
        stages: inStage(told.stages, event.confirmed ? share : `${share}, too few to confirm the weight`),
      };
    }
    case 'counted':
      return { ...told, counted: withCounts(told.counted, event, at) };
    case 'measured':
      return {
        ...told,
        measured: [...told.measured, measuredFact(event)].slice(-MOST.measured),
        checks: withChecks(told.checks, event.checks, event.stage),
      };
    case 'check':
      return { ...told, jobs: withJob(told.jobs, event, linesOf(given, 'lines')) };
    case 'trouble':
      return withTrouble(told, event, linesOf(given, 'log'), at);
    case 'warning':
      return { ...told, warnings: plus(told.warnings, event.message, MOST.messages) };
    case 'note':
      return { ...told, notes: plus(told.notes, event.message, MOST.messages) };
    case 'checked': {
      const key = event.state === 'ok' ? 'notes' : 'warnings';
      return { ...told, [key]: plus(told[key], `${event.area}: ${event.detail}`, MOST.messages) };
    }
    case 'image':
    case 'tagged':
      return { ...told, notes: plus(told.notes, `${event.image}: ${event.message}`, MOST.messages) };
    case 'write': {
      const { type: _, ...write } = event;
      return { ...told, writes: plus(told.writes, { at, ...write }, MOST.writes) };
    }
    case 'sent':
      return withWebhook(told, event.url, `${event.status} in ${Math.round(event.ms)}ms. ${event.message}`);
    case 'answer':
      return withWebhook(told, event.url, `${event.accepted ? 'accepted' : 'refused'}: ${event.message}`);
    case 'conflict':
    case 'debug':
      return told;
  }
}

/** What a page shows of the story. @param at when it is written */
export function factsOf(story: Story, outcome: Outcome | undefined, at: number): Facts {
  const { kept, total, newest } = story.counted;
  const isKept = newest === undefined || kept.at(-1) === newest;
  const startedAt = outcome?.startedAt ?? story.startedAt;
  const rates = ratesOf(story.history);
  return {
    ...story,
    at,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(rates === undefined ? {} : { rates }),
    ...(outcome === undefined ? {} : { outcome: bounded(outcome, MOST.messages) }),
    stages: outcome ? closed(story.stages, at) : story.stages,
    counted: { shown: isKept ? kept : [...kept, newest], total },
    measured: outcome?.kind === 'promoted' ? story.measured : withUnfinished(story.measured, newest),
  };
}

/** The lines of an event before they were cut, so that the page can say how many there are. */
function linesOf<K extends string>(event: PromotionEvent, key: K): readonly string[] {
  const found = (event as { [key: string]: unknown })[key];
  return Array.isArray(found) ? found : [];
}

function withBlock(story: Story, key: 'plans' | 'diffs', title: string, lines: readonly string[]): Story {
  const block = { title: clipped(title), lines: first(lines, MOST.blockLines) };
  return { ...story, [key]: plus(story[key], block, MOST.blocks) };
}

function withWebhook(story: Story, url: string, result: string): Story {
  return { ...story, webhooks: plus(story.webhooks, { url, result: clipped(result) }, MOST.messages) };
}

/** Keeps every `step`-th; a full list drops every second one. */
function withCounts(
  { kept, step, total }: Thinned,
  event: Extract<PromotionEvent, { type: 'counted' }>,
  at: number,
): Thinned {
  const { type: _, ...rest } = event;
  const newest: CountedFact = { at, ...rest };
  const grown = { step, total: total + 1, newest };
  if (total % step !== 0) return { ...grown, kept };
  if (kept.length < MOST.counted) return { ...grown, kept: [...kept, newest] };
  // the list has an even length, so that this one is due with the doubled step too
  return { ...grown, step: step * 2, kept: [...kept.filter((_, index) => index % 2 === 0), newest] };
}

function measuredFact(event: MeasuredEvent): MeasuredFact {
  const { type: _, checks: __, conclusive: ___, failed = false, ...rest } = event;
  return { ...rest, failed };
}

/** Adds the last counts of a stage that ended without a measurement. */
function withUnfinished(
  measured: readonly MeasuredFact[],
  newest: CountedFact | undefined,
): readonly MeasuredFact[] {
  if (newest === undefined || measured.some(({ stage }) => stage === newest.stage)) return measured;
  const { stage, weight, comparisons } = newest;
  return [...measured, { stage, weight, comparisons, failed: false, unfinished: true }];
}

/** The newest result of each check; a check of single steps has one for each of them. */
function withChecks(known: readonly CheckFact[], results: readonly CheckResult[], stage: string) {
  const isSame = (a: CheckResult, b: CheckResult) => a.name === b.name && a.step === b.step;
  const newest = results.map((each) => ({ ...each, stage }));
  const others = known.filter((each) => !results.some((result) => isSame(each, result)));
  return [...others, ...newest].slice(0, MOST.checks);
}

function withJob(jobs: readonly CheckEvent[], event: CheckEvent, lines: readonly string[]) {
  const job = { ...event, lines: last(lines, MOST.logLines).shown };
  const isSame = ({ name, of, step }: CheckEvent) =>
    name === event.name && of === event.of && step === event.step;
  return [...jobs.filter((each) => !isSame(each)), job].slice(0, MOST.checks);
}

/** A pod that is in the same trouble again is known already. */
function withTrouble(
  story: Story,
  event: Extract<PromotionEvent, { type: 'trouble' }>,
  log: readonly string[],
  at: number,
): Story {
  const { pod, container, reason, message } = event;
  const isKnown = story.troubles.shown.some(
    (each) => each.pod === pod && each.container === container && each.reason === reason,
  );
  if (isKnown) return story;
  const trouble = {
    at,
    pod,
    ...(container === undefined ? {} : { container }),
    reason,
    message,
    log: last(log, MOST.logLines),
  };
  return { ...story, troubles: plus(story.troubles, trouble, MOST.troubles) };
}

function heldText({ reason, ms }: HoldingEvent): string {
  const held = `held for ${formatDuration(ms)}`;
  return reason === 'mirror' ? `requests are copied, no user is on the canary: ${held}` : held;
}
