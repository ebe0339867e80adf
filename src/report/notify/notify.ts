import type { Clock } from '../../clock.ts';
import type { Facts } from '../facts/facts.ts';
import { factsOf, noStory, withEvent } from '../facts/fold.ts';
import type { Reporter } from '../reporter.ts';
import { otlpBody } from './forms/otlp.ts';
import { type Moment, momentOf, momentOfOutcome, type NoticeRequest } from './notice.ts';
import { type Receiver, requestOf } from './requests.ts';
import { sendNotice } from './send.ts';

export interface NotifyOptions {
  receivers: readonly Receiver[];
  /** The moments to tell of. A failure is always told. */
  moments: readonly Moment[];
  /** The number of the deployment at GitHub (DRONE_DEPLOY_ID). */
  deployment: string | undefined;
  /** Where spans go, by the variables of OpenTelemetry; undefined if nowhere. */
  tracing: { url: string; traceparent: string | undefined } | undefined;
  /** The run is the guard of another one. */
  isGuard?: boolean;
  clock: Clock;
  /** Called if a receiver was not told. */
  warn(message: string): void;
}

/**
 * Tells people and systems of a promotion, at most once of each moment. Notices are sent beside the
 * promotion, so that a receiver that is away delays nothing; the end of the run waits some seconds for them.
 */
export function createNotices(options: NotifyOptions): Reporter {
  const { receivers, moments, deployment, tracing, isGuard = false, clock, warn } = options;
  const told = new Set<Moment>();
  const sending: Promise<void>[] = [];
  let story = noStory();

  const send = async (name: string, request: NoticeRequest): Promise<void> => {
    const fault = await sendNotice(request, (ms) => clock.sleep(ms));
    if (fault !== undefined) {
      warn(`${name} (${new URL(request.url).host}) was not told: ${fault}. Check its address in \`notify\`.`);
    }
  };
  const tell = (moment: Moment | undefined, facts: Facts, at: number) => {
    if (moment === undefined || told.has(moment)) return;
    if (moment !== 'failed' && !moments.includes(moment)) return;
    told.add(moment);
    for (const receiver of receivers) {
      const request = requestOf(receiver, { moment, at, facts }, deployment);
      if (request !== undefined) sending.push(send(NAMES[receiver.form], request));
    }
  };

  return {
    event(event, at) {
      story = withEvent(story, event, at);
      const moment = momentOf(event);
      if (moment !== undefined) tell(moment, factsOf(story, undefined, at), at);
    },
    async closing(outcome, at) {
      const facts = factsOf(story, outcome, at);
      tell(momentOfOutcome(outcome, facts.writes.total, isGuard), facts, at);
      if (tracing !== undefined && outcome.kind !== 'shown') {
        const body = otlpBody(facts, tracing.traceparent);
        const headers = { 'Content-Type': 'application/json' };
        sending.push(send('The receiver of spans', { url: tracing.url, headers, body }));
      }
      await Promise.all(sending);
    },
    outcome() {},
  };
}

const NAMES: Readonly<Record<Receiver['form'], string>> = {
  slack: 'Slack',
  teams: 'Teams',
  cloudevents: 'The receiver of CloudEvents',
  grafana: 'Grafana',
  github: 'GitHub',
};
