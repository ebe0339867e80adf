import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseChecks } from '../../src/settings/checks.ts';

const one = (text: string) => parseChecks(text)[0];

describe('settings/checks', () => {
  it('reads the short forms', () => {
    const [rate, latency] = parseChecks('success-rate >= 99.5%, latency-p99 <= 500ms');
    assert.deepEqual(rate, {
      name: 'success-rate',
      measure: { kind: 'success-rate' },
      min: 99.5,
      max: undefined,
      intervalMs: 5000,
      windowMs: 60_000,
      failures: 0,
      noData: 'wait',
    });
    assert.deepEqual(latency?.measure, { kind: 'latency', quantile: 0.99 });
    assert.deepEqual([latency?.min, latency?.max], [undefined, 500]);
    assert.deepEqual(one('latency-p999<=1s')?.measure, { kind: 'latency', quantile: 0.999 });
  });

  it('reads maps as Drone makes them of YAML, beside short forms', () => {
    const [rate, query, http] = parseChecks(
      JSON.stringify([
        'success-rate >= 99%',
        {
          name: 'queue',
          query: 'max(queue_length{app="{{ workload }}"})',
          max: 10,
          interval: '10s',
          window: '2m',
          failures: 2,
          no_data: 'pass',
        },
        { url: 'http://web-canary.shop/healthz', json: '$.ready', min: 1 },
      ]),
    );
    assert.equal(rate?.min, 99);
    assert.deepEqual(query, {
      name: 'queue',
      measure: { kind: 'query', query: 'max(queue_length{app="{{ workload }}"})' },
      min: undefined,
      max: 10,
      intervalMs: 10_000,
      windowMs: 120_000,
      failures: 2,
      noData: 'pass',
    });
    assert.deepEqual(http?.measure, {
      kind: 'http',
      url: 'http://web-canary.shop/healthz',
      status: 200,
      json: '$.ready',
    });
  });

  it('reads a map that stands alone', () => {
    assert.equal(one('{"query":"up","min":1}')?.name, 'query');
  });

  const faults: [text: string, message: RegExp][] = [
    ['success-rate > 99%', /check 1: "success-rate > 99%" is not of the form/],
    ['success-rate <= 99%', /is not of the form/],
    ['latency-p99 >= 500ms', /is not of the form/],
    ['success-rate >= 101%', /"101%" is not a percentage/],
    ['latency-p99 <= fast', /"fast" is not a duration/],
    ['success-rate >= 99%, uptime >= 1', /check 2: "uptime >= 1" is not of the form/],
    ['success-rate >= 99%, success-rate >= 98%', /two checks are named "success-rate"/],
    ['[{"query":"up"}]', /check 1: wants `min` or `max`/],
    ['[{"min":1}]', /wants either `query` or `url`/],
    ['[{"query":"up","url":"http://x","min":1}]', /wants either `query` or `url`/],
    ['[{"query":"up","mim":1}]', /"mim" is not one of name, query/],
    ['[{"query":"up","min":"low"}]', /`min` is not a number/],
    ['[{"query":"up","min":1,"no_data":"maybe"}]', /`no_data` is one of wait, pass, fail/],
    ['[{"url":"ftp://x"}]', /`url` is not an http or https URL/],
    ['[7]', /is neither a text nor a map/],
    ['[', /begins like JSON and is none/],
  ];
  for (const [text, message] of faults) {
    it(`refuses ${text}`, () => assert.throws(() => parseChecks(text), message));
  }

  it('either reads or refuses anything, with a short message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          assert.ok(Array.isArray(parseChecks(text)));
        } catch (error) {
          assert.ok(error instanceof Error && error.message.length < 300);
        }
      }),
    );
  });
});
