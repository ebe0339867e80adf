import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnalysisSettings } from '../../../../src/analysis/settings.ts';
import type { Rollout, TrafficRouting } from '../../../../src/engines/argo/rollout/types.ts';
import { isCompared, withoutValue } from '../../../../src/engines/argo/watch/subject.ts';
import { parseChecks } from '../../../../src/settings/checks/parse.ts';
import { rolloutOf } from '../fixtures.ts';

const settingsOf = (checks: string, over: object = {}) =>
  ({ checks: parseChecks(checks), prometheus: undefined, falseAlarm: 0.01, ...over }) as AnalysisSettings;

describe('whether the step compares requests itself', () => {
  type Strategy = NonNullable<NonNullable<Rollout['spec']>['strategy']>;
  const plain: Strategy = { canary: { steps: [{ setWeight: 20 }] } };
  const own: Strategy = { canary: { analysis: { templates: [{ templateName: 'errors' }] } } };
  const cases: [
    what: string,
    strategy: Strategy,
    checks: string,
    over: object,
    full: boolean,
    is: boolean,
  ][] = [
    ['a Rollout that judges nothing', plain, '', {}, false, true],
    ['without the judge', plain, '', { falseAlarm: 0 }, false, false],
    ['a Rollout with an analysis', own, '', {}, false, false],
    ['a Rollout with an analysis that a full promotion skips', own, '', {}, true, true],
    ['a Rollout with an analysis, and checks', own, 'restarts <= 0', {}, false, true],
    ['an experiment without analyses', { canary: { steps: [{ experiment: {} }] } }, '', {}, false, true],
    ['blue-green', { blueGreen: { activeService: 'web' } }, '', {}, false, true],
    ['blue-green with an analysis', { blueGreen: { postPromotionAnalysis: {} } }, '', {}, false, false],
  ];
  for (const [what, strategy, checks, over, full, is] of cases) {
    it(what, () =>
      assert.equal(isCompared(settingsOf(checks, over), rolloutOf({ spec: { strategy } }), full), is),
    );
  }
});

describe('which checks have no value, because ingress-nginx does not split', () => {
  const GATEWAY: TrafficRouting = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } };
  const NGINX: TrafficRouting = { nginx: { stableIngress: 'web' } };
  const both = 'success-rate >= 99%, latency-p99 <= 500ms, restarts <= 0';
  const prometheus = { prometheus: { url: 'http://prometheus:9090' } };
  const cases: [
    what: string,
    routing: TrafficRouting,
    checks: string,
    over: object,
    said: RegExp | undefined,
  ][] = [
    ['by a Gateway’s route', GATEWAY, both, {}, /^success-rate, latency-p99 will have no value/],
    ['with Prometheus', GATEWAY, both, prometheus, undefined],
    ['what needs no counters', GATEWAY, 'restarts <= 0', {}, undefined],
    ['compared with stable', GATEWAY, 'latency <= stable', prometheus, /^latency.* no value/],
    ['without checks', GATEWAY, '', {}, undefined],
    ['by ingress-nginx', NGINX, both, {}, undefined],
    ['by both', { ...GATEWAY, ...NGINX }, both, {}, undefined],
  ];
  for (const [what, trafficRouting, checks, over, said] of cases) {
    it(what, () => {
      const canary = { stableService: 'web', canaryService: 'web-canary', trafficRouting };
      const warning = withoutValue(settingsOf(checks, over), rolloutOf({ spec: { strategy: { canary } } }));
      if (said) assert.match(warning ?? '', said);
      else assert.equal(warning, undefined);
    });
  }
});
