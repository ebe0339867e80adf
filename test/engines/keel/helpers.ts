import type { Clock } from '../../../src/clock.ts';
import type { Answer } from '../../../src/engines/keel/webhook/answer.ts';
import { type KeelRequest, type KeelSettings, planOf } from '../../../src/engines/keel/webhook/requests.ts';
import { type KeelDeps, sendWebhooks } from '../../../src/engines/keel/webhook/webhook.ts';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { maskedData } from '../../../src/report/reporter.ts';
import { createSecrets } from '../../../src/settings/redact.ts';

export const RELEASE = { repository: 'registry.example.com:5000/team/web', tag: '1.4.2' };
export const NATIVE = 'http://keel.example.com:9300/v1/webhooks/native';

/** A clock that does not wait, and records the waits. */
export function instantClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return { slept, now: () => 0, monotonic: () => 0, sleep: async (ms) => void slept.push(ms) };
}

export function requestTo(url: string, more: Partial<KeelSettings> = {}): KeelRequest {
  const [request] = planOf({ urls: [url], ...more }, RELEASE).requests;
  if (request === undefined) throw new Error('no request');
  return request;
}

export function answerOf(status: number, body = '', headers: Record<string, string> = {}): Answer {
  return { status, body, headers, isCut: false };
}

export interface Run {
  outcome: Outcome;
  events: PromotionEvent[];
  slept: number[];
  /** Everything that would be printed. */
  text: string;
}

/** Runs the engine to its end. */
export async function run(
  settings: KeelSettings,
  deps: Partial<KeelDeps> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const clock = instantClock();
  const events: PromotionEvent[] = [];
  const plan = planOf(settings, RELEASE);
  const secrets = createSecrets();
  const generator = sendWebhooks(plan, { clock, hide: secrets.add, ...deps }, signal);
  for (;;) {
    const next = await generator.next();
    if (next.done) {
      const outcome = maskedData(next.value, secrets.mask);
      return { outcome, events, slept: clock.slept, text: JSON.stringify([events, outcome]) };
    }
    events.push(maskedData(next.value, secrets.mask));
  }
}

export function typesOf(events: readonly PromotionEvent[]): string[] {
  return events.map(({ type }) => type);
}
