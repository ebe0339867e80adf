import { createHash } from 'node:crypto';
import type { Outcome } from '../../../outcome.ts';
import type { Facts, StageFact } from '../../facts/facts.ts';

/** Results of `cicd.pipeline.task.run.result` (semantic conventions of OpenTelemetry for CI/CD). */
const RESULTS: Readonly<Record<Outcome['kind'], string>> = {
  promoted: 'success',
  held: 'success',
  shown: 'success',
  aborted: 'failure',
  superseded: 'failure',
  refused: 'error',
  stuck: 'error',
};

/**
 * The run as spans, in the JSON of OTLP: one for the run, and one for each stage.
 *
 * @param traceparent the span of the CI's run, by W3C Trace Context; absent if the CI has none
 */
export function otlpBody(facts: Facts, traceparent: string | undefined): unknown {
  const { outcome, subject, build, at } = facts;
  const startedAt = facts.startedAt ?? at;
  const workload = outcome?.workload ?? subject?.workload ?? 'unknown';
  const seed = [build?.link, build?.number, workload, startedAt].join(' ');
  const [, trace, parent] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(traceparent ?? '') ?? [];
  const traceId = trace ?? idOf(seed, 32);
  const spanId = idOf(`${seed} run`, 16);
  const name = `${subject?.action ?? 'promote'} ${workload}`;
  const result = outcome === undefined ? 'cancellation' : RESULTS[outcome.kind];
  const isBad = result !== 'success';
  const run = {
    traceId,
    spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind: INTERNAL,
    ...times(startedAt, at),
    attributes: attributes({
      'cicd.pipeline.task.name': name,
      'cicd.pipeline.task.run.id': build?.number ?? '',
      'cicd.pipeline.task.run.result': result,
      'cicd.pipeline.task.run.url.full': build?.link ?? '',
      'deployment.environment.name': build?.target ?? '',
      'drone_promote.from': outcome?.from ?? subject?.from ?? '',
      'drone_promote.to': outcome?.to ?? subject?.to ?? '',
      'drone_promote.outcome': outcome?.kind ?? '',
      'error.type': isBad ? (outcome?.code ?? outcome?.kind ?? 'cancelled') : '',
    }),
    status: isBad ? { code: ERROR, message: outcome?.reason ?? '' } : { code: OK },
  };
  const stages = facts.stages.shown.map((stage, index) => ({
    traceId,
    spanId: idOf(`${seed} ${index}`, 16),
    parentSpanId: spanId,
    name: stage.name,
    kind: INTERNAL,
    ...times(stage.from, stage.to ?? at),
    attributes: stageAttributes(stage),
    status: { code: 0 },
  }));
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'drone-promote', 'service.version': facts.version }),
        },
        scopeSpans: [{ scope: { name: 'drone-promote' }, spans: [run, ...stages] }],
      },
    ],
  };
}

/** Numbers of OTLP: the kind of a span, and its status. */
const INTERNAL = 1;
const OK = 1;
const ERROR = 2;

function stageAttributes({ kind, weight }: StageFact) {
  return [
    ...attributes({ 'drone_promote.stage.kind': kind }),
    ...(weight === undefined
      ? []
      : [{ key: 'drone_promote.stage.weight', value: { intValue: String(weight) } }]),
  ];
}

/** Nanoseconds as texts, because a number of JSON is not exact enough. */
function times(from: number, to: number) {
  return { startTimeUnixNano: `${Math.round(from)}000000`, endTimeUnixNano: `${Math.round(to)}000000` };
}

function attributes(values: Readonly<Record<string, string>>) {
  return Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => ({ key, value: { stringValue: value } }));
}

/** An id that is the same for the same run, so that nothing is counted twice. */
function idOf(seed: string, digits: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, digits);
}
