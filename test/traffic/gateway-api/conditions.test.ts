import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stateOf } from '../../../src/traffic/gateway-api/conditions.ts';
import { httpRoutes, type ParentRef, type ParentStatus } from '../../../src/traffic/gateway-api/routes.ts';
import { timingOf } from '../../../src/traffic/gateway-api/timing.ts';
import { refs, reportOf, routeOf } from './helpers.ts';

interface Row {
  name: string;
  parents?: ParentRef[];
  reports: ParentStatus[];
  state: string;
  says?: RegExp;
}

const OTHER = { parentRef: { name: 'inner' } };

const TABLE: readonly Row[] = [
  { name: 'both conditions are true for the generation', reports: [reportOf()], state: 'accepted' },
  {
    name: 'no report at all',
    reports: [],
    state: 'silent',
    says: /no controller has taken HTTPRoute\/web for Gateway\/edge/,
  },
  { name: 'a report on another parent', reports: [{ ...reportOf(), ...OTHER }], state: 'silent' },
  {
    name: 'a report on another listener of the Gateway',
    parents: [{ name: 'edge', sectionName: 'https' }],
    reports: [reportOf()],
    state: 'silent',
  },
  {
    name: 'a report on another namespace',
    parents: [{ name: 'edge', namespace: 'infra' }],
    reports: [reportOf()],
    state: 'silent',
  },
  {
    name: 'the namespace of the route is the default',
    parents: [{ name: 'edge', namespace: 'shop' }],
    reports: [reportOf()],
    state: 'accepted',
  },
  {
    name: 'one of the conditions is of the generation before',
    reports: [reportOf({ ResolvedRefs: { observedGeneration: 2 } })],
    state: 'pending',
    says: /Gateway\/edge to take up the change of HTTPRoute\/web/,
  },
  {
    name: 'a bad condition of the generation before says nothing',
    reports: [reportOf({ ResolvedRefs: { observedGeneration: 2, status: 'False' } })],
    state: 'pending',
  },
  {
    name: 'a reference is not resolved',
    reports: [
      reportOf({ ResolvedRefs: { status: 'False', reason: 'BackendNotFound', message: 'no web-canary.' } }),
    ],
    state: 'rejected',
    says: /Gateway\/edge does not do all of HTTPRoute\/web: ResolvedRefs is False \(BackendNotFound: no web-canary\)/,
  },
  { name: 'not accepted', reports: [reportOf({ Accepted: { status: 'False' } })], state: 'rejected' },
  {
    name: 'a part was dropped, although both are true',
    reports: [reportOf({ PartiallyInvalid: { status: 'True', reason: 'UnsupportedValue' } })],
    state: 'rejected',
  },
  {
    name: 'a condition that it does not know',
    reports: [reportOf({ BackendsAvailable: { status: 'False' } })],
    state: 'accepted',
  },
  {
    name: 'a report of a controller that is gone, beside a good one',
    reports: [
      reportOf({ Accepted: { observedGeneration: 1 }, ResolvedRefs: { observedGeneration: 1 } }, 'old'),
      reportOf(),
    ],
    state: 'accepted',
  },
  {
    name: 'a good report beside a bad one of another controller',
    reports: [reportOf(), reportOf({ Accepted: { status: 'False' } }, 'second')],
    state: 'rejected',
  },
  {
    name: 'one of two parents has not taken it',
    parents: [{ name: 'edge' }, { name: 'inner' }],
    reports: [reportOf()],
    state: 'silent',
  },
  {
    name: 'both parents have',
    parents: [{ name: 'edge' }, { name: 'inner' }],
    reports: [reportOf(), { ...reportOf(), ...OTHER }],
    state: 'accepted',
  },
  {
    name: 'a report on a parent that the route has no more',
    reports: [reportOf(), { ...reportOf({ Accepted: { status: 'False' } }), ...OTHER }],
    state: 'accepted',
  },
  { name: 'a report without conditions', reports: [{ ...reportOf(), conditions: [] }], state: 'pending' },
];

describe('stateOf: what the status of a route says of the last write', () => {
  for (const { name, parents = [{ name: 'edge' }], reports, state, says = /^/ } of TABLE) {
    it(`${name}: ${state}`, () => {
      const route = routeOf([refs({ web: 1 })], { status: { parents: reports } });
      route.spec = { ...route.spec, parentRefs: parents };
      const found = stateOf({ resource: httpRoutes, route });
      assert.equal(found.state, state);
      assert.match('message' in found ? found.message : '', says);
    });
  }
});

describe('timingOf: how long requests take to follow', () => {
  const table: [name: string, controllers: string[], ms: number][] = [
    ['a controller that was not measured', ['example.com/gateway'], 3_000],
    ['no controller', [], 3_000],
    ['Envoy Gateway', ['gateway.envoyproxy.io/gatewayclass-controller'], 500],
    [
      'the slower of two',
      ['gateway.envoyproxy.io/gatewayclass-controller', 'traefik.io/gateway-controller'],
      3_000,
    ],
  ];
  for (const [name, controllers, ms] of table) {
    it(`${name}: ${ms} ms`, () => {
      const parents = controllers.map((controller) => reportOf({}, controller));
      assert.equal(timingOf([routeOf([], { status: { parents } })]).followsWithinMs, ms);
    });
  }
});
