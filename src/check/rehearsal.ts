import type { ErrorCode } from '../errors.ts';
import { PromoteError } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import type { Settings } from '../settings/settings.ts';
import { type Collected, collect } from './collect.ts';
import { type CheckLine, faultOf, note, ok } from './line.ts';

/** Runs an engine with these settings. */
export type RunEngine = (settings: Settings) => Promise<AsyncGenerator<PromotionEvent, Outcome>>;

/** A tag that no workload runs, to plan a release of which nothing is known, or that runs already. */
const ANOTHER_TAG = 'next-release';

/** Each refusal can hide one that comes after it. */
const MOST_RUNS = 4;

/**
 * What the engine itself would say before its first write: its dry run, again without what has refused it, so
 * that later refusals are found too. The image is looked up elsewhere.
 */
export async function rehearse(settings: Settings, run: RunEngine): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  let now: Settings = { ...settings, ...WITHOUT_REGISTRY, action: 'promote', dry_run: true };
  for (let runs = 0; runs < MOST_RUNS; runs++) {
    const collected = await collect(await run(now));
    const isThere = collected.outcome?.kind === 'promoted';
    lines.push(...linesOf(collected, now).filter((line) => !isThere || line.area !== 'plan'));
    const next = isThere ? { tag: ANOTHER_TAG } : changeAfter(collected.error);
    if (next === undefined) break;
    if (isThere)
      lines.push(note('plan', `${collected.outcome?.reason} The rest is checked for another tag.`));
    now = { ...now, ...next };
  }
  return distinct(lines);
}

/** Settings that ask for neither tags nor a proof of who built the image, and take it from no earlier step. */
export const PLAIN_IMAGE = {
  tags: undefined,
  auto_tag: false,
  promote_to: undefined,
  verify_key: undefined,
  verify_identity: undefined,
  verify_provenance: undefined,
  artifact_file: undefined,
  digest_file: undefined,
  tag_file: undefined,
} as const satisfies Partial<Settings>;

/** The settings of a dry run that reaches no registry. `tag` must be set. */
const WITHOUT_REGISTRY = { verify: 'false', pin: 'tag', ...PLAIN_IMAGE } as const satisfies Partial<Settings>;

/** The tag to rehearse with. */
export function tagToRehearse(tag: string | undefined): string {
  return tag ?? ANOTHER_TAG;
}

/** What lets the next run get past this refusal. */
function changeAfter(error: unknown): Partial<Settings> | undefined {
  if (!(error instanceof PromoteError)) return undefined;
  if (error.code === 'unwatched') return { unwatched: 'allow' };
  return error.code === 'check' ? { checks: [], unwatched: 'allow' } : undefined;
}

/** Of which area a refusal is. */
const AREAS: Partial<Record<ErrorCode, string>> = {
  workload: 'workload',
  'workload-ref': 'workload',
  'argo-rollouts': 'workload',
  container: 'workload',
  paused: 'workload',
  replicas: 'workload',
  recreate: 'workload',
  'host-port': 'workload',
  volume: 'workload',
  'max-unavailable': 'workload',
  'update-strategy': 'workload',
  service: 'route',
  ingress: 'route',
  'ingress-class': 'route',
  unsplittable: 'route',
  'gateway-route': 'route',
  'gateway-plugin': 'route',
  selector: 'route',
  'foreign-canary': 'route',
  router: 'route',
  'mirror-requests': 'route',
  preview: 'route',
  unwatched: 'watchers',
  check: 'checks',
  admission: 'admission',
  locked: 'lock',
  requires: 'release',
  rights: 'rights',
};

/** The lines of one dry run. Pure. */
export function linesOf(
  { events, error, outcome }: Collected,
  settings: Pick<Settings, 'unwatched' | 'checks'>,
): CheckLine[] {
  const lines = events.flatMap((event) => lineOf(event) ?? []);
  if (error !== undefined) return [...lines, refusalLine(error)];
  if (outcome?.kind === 'refused') return [...lines, refusalLine(errorOf(outcome))];
  const { checks = [] } = settings;
  const tried = checks.length === 0 ? [] : [ok('checks', checks.map(({ name }) => name).join(', '))];
  return [...lines, ...tried];
}

function lineOf(event: PromotionEvent): CheckLine | undefined {
  switch (event.type) {
    case 'plan':
      return ok('plan', event.title, event.lines);
    case 'warning':
      return note('plan', event.message);
    case 'watchers': {
      const working = event.watchers.filter(({ state }) => state !== 'unavailable');
      const more = event.watchers.map(
        ({ name, state, detail }) => `${state === 'unavailable' ? 'not by ' : ''}${name}: ${detail}`,
      );
      // nothing that watches is a refusal, or was allowed
      return working.length > 0 ? ok('watchers', 'A bad release would be noticed by:', more) : undefined;
    }
    default:
      return undefined;
  }
}

function errorOf({ code = 'internal', reason, hints }: Outcome): PromoteError {
  return new PromoteError(code, reason, { hint: hints.join('\n') });
}

function refusalLine(error: unknown): CheckLine {
  const code = error instanceof PromoteError ? error.code : 'internal';
  // the line about rights names all of them, with the command
  if (code === 'rights') return note('plan', 'It was not made, because rights are missing.');
  return faultOf(code.startsWith('keel-') ? 'keel' : (AREAS[code] ?? 'plan'), error);
}

function distinct(lines: readonly CheckLine[]): CheckLine[] {
  return [...new Map(lines.map((line) => [`${line.area}\n${line.detail}`, line])).values()];
}
