import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checksByKind } from '../../../src/settings/checks/job.ts';
import { parseChecks } from '../../../src/settings/checks/parse.ts';
import { faultsOf } from '../../../src/settings/faults.ts';

const all = (text: string) => checksByKind(parseChecks(text)).measured;
const one = (text: string) => all(text)[0];

function thrownFaults(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    return faultsOf(error);
  }
  return [];
}

describe('settings/checks/parse', () => {
  it('reads the short forms', () => {
    const [rate, latency] = all('success-rate >= 99.5%, latency-p99 <= 500ms');
    assert.deepEqual(rate, {
      name: 'success-rate',
      measure: { kind: 'success-rate' },
      min: 99.5,
      max: undefined,
      compare: undefined,
      series: undefined,
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
    const [rate, query, http] = all(
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
      compare: undefined,
      series: undefined,
      intervalMs: 10_000,
      windowMs: 120_000,
      failures: 2,
      noData: 'pass',
    });
    assert.deepEqual(http?.measure, {
      kind: 'http',
      url: 'http://web-canary.shop/healthz',
      headers: {},
      status: 200,
      json: '$.ready',
    });
  });

  it('reads comparisons with stable', () => {
    const slower = one('latency <= stable');
    assert.deepEqual(slower?.measure, { kind: 'slower', thanMs: undefined });
    assert.equal(slower?.compare, 'stable');
    const bound = one('{"source":"latency","compare":"stable","slower_than":"500ms"}');
    assert.deepEqual(bound?.measure, { kind: 'slower', thanMs: 500 });
    const ratio = one('{"query":"cpu{pod=~\\"{{ pods }}\\"}","compare":"stable","max":1.5}');
    assert.deepEqual([ratio?.compare, ratio?.max], ['stable', 1.5]);
    const rate = one('{"source":"latency-p95","compare":"stable","max":"1.2"}');
    assert.deepEqual([rate?.name, rate?.measure], ['latency-p95', { kind: 'latency', quantile: 0.95 }]);
  });

  it('reads the judge of Kayenta, with its defaults', () => {
    assert.deepEqual(one('{"query":"errors","judge":"mann-whitney"}')?.series, {
      direction: 'either',
      nanStrategy: 'remove',
      outliers: { strategy: 'keep', outlierFactor: 3 },
      effectSize: { measure: 'meanRatio' },
      critical: false,
      mustHaveData: false,
      groups: ['all'],
    });
    const given = one(
      '{"query":"errors","judge":"mann-whitney","direction":"increase","nan":"replace","outliers":"remove","effect":"cles","allowed_increase":0.6,"critical":true,"must_have_data":"true","group":"errors"}',
    )?.series;
    assert.deepEqual(given, {
      direction: 'increase',
      nanStrategy: 'replace',
      outliers: { strategy: 'remove', outlierFactor: 3 },
      effectSize: { measure: 'cles', allowedIncrease: 0.6 },
      critical: true,
      mustHaveData: true,
      groups: ['errors'],
    });
  });

  it('reads restarts, and paths of the pods', () => {
    const restarts = one('restarts <= 0');
    assert.deepEqual([restarts?.measure, restarts?.max], [{ kind: 'restarts' }, 0]);
    assert.deepEqual(one('{"path":"/ready","port":8080,"json":"$.queue","max":3}')?.measure, {
      kind: 'pod',
      path: '/ready',
      port: 8080,
      json: '$.queue',
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
    ['[{"query":"up"}]', /check 1: needs `min` or `max`/],
    ['[{"min":1}]', /needs exactly one of `source`, `query`, `url` and `path`/],
    ['[{"query":"up","url":"http://x","min":1}]', /needs exactly one of `source`, `query`, `url` and `path`/],
    ['[{"query":"up","mim":1}]', /unknown key "mim"; did you mean "min"\?/],
    ['[{"query":"up","min":"low"}]', /`min` must be a number/],
    ['[{"query":"up","min":1,"no_data":"maybe"}]', /`no_data` must be one of wait, pass, fail/],
    ['[{"url":"ftp://x"}]', /`url` must be an http or https URL/],
    ['[{"url":"http://x","headers":{"Host":1}}]', /`headers` must be a map of strings/],
    ['[{"path":"ready","port":80}]', /`path` must begin with "\/"/],
    ['[{"path":"/ready"}]', /`path` needs a `port`/],
    ['[{"path":"/ready","port":99999}]', /`path` needs a `port`/],
    ['[{"source":"speed","max":1}]', /`source` must be one of success-rate, latency-p99/],
    ['[{"source":"latency-p00","max":1}]', /`source` must be one of/],
    ['[{"source":"latency","max":1}]', /`source: latency` needs `compare: stable`/],
    ['[{"source":"latency","compare":"stable","max":1}]', /cannot have `min` or `max`/],
    ['[{"source":"restarts","compare":"stable","max":1}]', /`compare` works only with/],
    ['[{"source":"success-rate","compare":"baseline","min":1}]', /`compare: baseline` needs a `query`/],
    ['[{"source":"restarts"}]', /needs `min` or `max`/],
    [
      '[{"query":"up","compare":"baselin","max":1}]',
      /`compare` must be one of stable, baseline, not "baselin"/,
    ],
    ['[{"query":"up","slower_than":"1s","max":1}]', /`slower_than` needs `source: latency`/],
    ['[{"query":"up","critical":true,"max":1}]', /`critical` needs `judge: mann-whitney`/],
    ['[{"query":"up","judge":"mann-whitney","max":1}]', /cannot have `min`, `max` or `failures`/],
    ['[{"source":"success-rate","judge":"mann-whitney"}]', /needs a `query`/],
    ['[{"query":"up","judge":"mann-whitney","critical":"maybe"}]', /`critical` must be true or false/],
    ['restarts <= many', /"many" is not a count/],
    ['latency <= 500ms', /is not of the form/],
    ['[7]', /must be a string or a map/],
    ['[', /begins like JSON but is not valid JSON/],
  ];
  for (const [text, message] of faults) {
    it(`refuses ${text}`, () => assert.throws(() => parseChecks(text), message));
  }

  const several: [what: string, checks: unknown[], messages: RegExp[]][] = [
    [
      'of several checks',
      ['uptime >= 1', 'success-rate >= 99%', 'success-rate >= 101%', { job: 'smoke' }],
      [
        /^check 1: .*is not of the form/,
        /^check 3: "101%" is not a percentage/,
        /^check 4: `job` must be a map/,
      ],
    ],
    [
      'of several checks that have one name, twice',
      ['restarts <= 0', 'restarts <= 1', 'success-rate >= 1%', 'success-rate >= 2%'],
      [/^two checks are named "restarts"$/, /^two checks are named "success-rate"$/],
    ],
    [
      'of one map',
      [{ query: 'up', mim: 1, no_data: 'maybe', interval: 'soon', critical: true }],
      [
        /"mim"/,
        /"soon" is not a duration/,
        /`no_data` must be one of/,
        /`critical` needs/,
        /needs `min` or `max`/,
      ],
    ],
    [
      'of a map whose source is wrong too',
      [{ source: 3, max: 'high' }],
      [/`source` must be a string/, /`max` must be a number/],
    ],
    [
      'of one Job',
      [{ name: 3, max: 1, job: { image: '', args: 'a', env: { 'A B': 'c', 'D E': 'f' }, timeout: '1ms' } }],
      [
        /`max` cannot be used/,
        /`name` must be/,
        /`image` must be/,
        /`args` must be/,
        /"A B"/,
        /"D E"/,
        /`timeout` must be at least/,
      ],
    ],
  ];
  for (const [what, checks, messages] of several) {
    it(`reports all faults ${what}`, () => {
      const faults = thrownFaults(() => parseChecks(JSON.stringify(checks)));
      assert.equal(faults.length, messages.length, faults.join('\n'));
      for (const [index, message] of messages.entries()) assert.match(faults[index] ?? '', message);
    });
  }

  it('reports the first 20 faults of a long list, and how many more there are', () => {
    const faults = thrownFaults(() => parseChecks('nonsense,'.repeat(1000)));
    assert.equal(faults.length, 21);
    assert.equal(faults.at(-1), 'has 980 more faults');
  });

  it('either reads or refuses anything, with a short message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          assert.ok(Array.isArray(parseChecks(text)));
        } catch (error) {
          for (const fault of faultsOf(error)) assert.ok(fault.length < 300, fault);
        }
      }),
    );
  });
});
