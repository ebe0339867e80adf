import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../../src/outcome.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/facts/fold.ts';
import { otlpBody } from '../../../src/report/notify/forms/otlp.ts';
import { promotion } from '../facts/stories.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: string } }[];
  status: { code: number; message?: string };
}

const { events, outcome, at } = promotion(600);

function spans(over: Partial<Outcome> = {}, traceparent?: string): [run: Span, ...stages: Span[]] {
  const story = events.reduce((so, [event, when]) => withEvent(so, event, when), noStory());
  const body = otlpBody(factsOf(story, { ...outcome, ...over }, at), traceparent) as {
    resourceSpans: [{ scopeSpans: [{ spans: [Span, ...Span[]] }] }];
  };
  return body.resourceSpans[0].scopeSpans[0].spans;
}

const valuesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

describe('report/notify: spans of OpenTelemetry', () => {
  const results: [kind: Outcome['kind'], result: string, status: number][] = [
    ['promoted', 'success', 1],
    ['held', 'success', 1],
    ['aborted', 'failure', 2],
    ['superseded', 'failure', 2],
    ['refused', 'error', 2],
    ['stuck', 'error', 2],
  ];
  for (const [kind, result, status] of results) {
    it(`${kind} is the result ${result}`, () => {
      const [run] = spans({ kind });
      const values = valuesOf(run);
      assert.equal(values['cicd.pipeline.task.run.result'], result);
      assert.equal(values['error.type'], status === 2 ? kind : undefined);
      assert.equal(run.status.code, status);
    });
  }

  it('says which task, of which build, in which environment', () => {
    const [run] = spans();
    const values = valuesOf(run);
    assert.equal(run.name, 'promote deployment/web');
    assert.equal(values['cicd.pipeline.task.run.id'], '77');
    assert.equal(values['cicd.pipeline.task.run.url.full'], 'https://drone.example.com/shop/web/77');
    assert.equal(values['deployment.environment.name'], 'production');
  });

  it('has a span for each stage, inside of the run', () => {
    const [run, ...stages] = spans();
    assert.ok(stages.length >= 5);
    for (const stage of stages) {
      assert.equal(stage.traceId, run.traceId);
      assert.equal(stage.parentSpanId, run.spanId);
      assert.ok(BigInt(stage.startTimeUnixNano) >= BigInt(run.startTimeUnixNano));
      assert.ok(BigInt(stage.endTimeUnixNano) <= BigInt(run.endTimeUnixNano));
    }
    assert.equal(new Set([run, ...stages].map(({ spanId }) => spanId)).size, stages.length + 1);
  });

  it('is a child of the span of the CI, if there is one', () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const [run] = spans({}, `00-${trace}-b7ad6b7169203331-01`);
    assert.deepEqual([run.traceId, run.parentSpanId], [trace, 'b7ad6b7169203331']);
  });

  it('has ids of the lengths that OTLP wants, without a parent or with one that is malformed', () => {
    for (const parent of [undefined, '', 'nonsense']) {
      const [run] = spans({}, parent);
      assert.match(run.traceId, /^[0-9a-f]{32}$/);
      assert.match(run.spanId, /^[0-9a-f]{16}$/);
      assert.equal(run.parentSpanId, undefined);
    }
  });
});
