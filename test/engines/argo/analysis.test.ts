import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnalysisSettings } from '../../../src/analysis/settings.ts';
import { unjudged } from '../../../src/engines/argo/analysis.ts';
import type { TrafficRouting } from '../../../src/engines/argo/rollout/types.ts';
import { parseChecks } from '../../../src/settings/checks/parse.ts';
import { rolloutOf } from './fixtures.ts';

const GATEWAY: TrafficRouting = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } };
const NGINX: TrafficRouting = { nginx: { stableIngress: 'web' } };
const PROMETHEUS = { prometheus: { url: 'http://prometheus:9090' } };
const COMPARED =
  /^The step does not compare the errors of canary and stable, because .*ingress-nginx, .* Rollout\/web\.$/;

describe('what checks have no measurement of, where ingress-nginx does not split', () => {
  const both = 'success-rate >= 99%, latency-p99 <= 500ms, restarts <= 0';
  const cases: [what: string, routing: TrafficRouting, checks: string, over: object, said: RegExp[]][] = [
    ['by a Gateway’s route', GATEWAY, both, {}, [COMPARED, /^success-rate, latency-p99 will have no value/]],
    ['with Prometheus', GATEWAY, both, PROMETHEUS, [COMPARED]],
    ['what needs no counters', GATEWAY, 'restarts <= 0', {}, [COMPARED]],
    ['without the judge of errors', GATEWAY, 'restarts <= 0', { falseAlarm: 0 }, []],
    ['compared with stable', GATEWAY, 'latency <= stable', PROMETHEUS, [COMPARED, /^latency.* no value/]],
    ['without checks', GATEWAY, '', {}, [COMPARED]],
    ['by ingress-nginx', NGINX, both, {}, []],
    ['by both', { ...GATEWAY, ...NGINX }, both, {}, []],
  ];
  for (const [what, trafficRouting, checks, over, said] of cases) {
    it(what, () => {
      const settings = { checks: parseChecks(checks), prometheus: undefined, falseAlarm: 0.01, ...over };
      const canary = { stableService: 'web', canaryService: 'web-canary', trafficRouting };
      const lines = unjudged(
        settings as AnalysisSettings,
        rolloutOf({ spec: { strategy: { canary } } }),
        'shop',
      );
      assert.equal(lines.length, said.length, lines.join('\n'));
      for (const [index, each] of said.entries()) assert.match(lines[index] ?? '', each);
    });
  }

  it('says nothing without checks where the Rollout judges by itself, or has no canary', () => {
    const settings = { checks: [], prometheus: undefined, falseAlarm: 0.01 } as unknown as AnalysisSettings;
    const canary = { trafficRouting: GATEWAY, analysis: { templates: [{ templateName: 'errors' }] } };
    for (const strategy of [{ canary }, { blueGreen: { activeService: 'web' } }]) {
      assert.deepEqual(unjudged(settings, rolloutOf({ spec: { strategy } }), 'shop'), []);
    }
  });
});
