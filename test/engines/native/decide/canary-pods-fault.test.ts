import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedSource } from '../../../../src/cluster/object-source.ts';
import type { Decision } from '../../../../src/engines/native/converge/decision.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Stage } from '../../../../src/engines/native/plan/stage.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { ingressRoutes } from '../../../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../../../src/traffic/traefik/router.ts';
import { ingressRoute, refs } from '../../../traffic/traefik/helpers.ts';
import { deployment, FROM, plan, record, TO, withCanary } from '../fixtures.ts';

const NOTE = { 'drone-promote/weights': JSON.stringify({ web: { 0: [null] } }) };
const ROUTES = [{ stable: 'IngressRoute/web', canary: 'IngressRoute/web' }];

/** The objects with the canary's entry at a weight; without one, before it is made. */
function routes(weight?: number) {
  const { metadata, ...rest } = ingressRoute([
    weight === undefined ? refs({ web: undefined }) : refs({ web: 100 - weight, 'web-canary': weight }),
  ]);
  const annotations = weight === undefined ? {} : { annotations: NOTE };
  return fixedSource([[ingressRoutes, [{ ...rest, metadata: { ...metadata, ...annotations } }]]]);
}

interface Case {
  what: string;
  stage: Stage['kind'];
  record?: Partial<PromotionRecord>;
  /** Before the stage was reached the first time. */
  first?: true;
  /** Ready pods of the canary, and its weight in the route. */
  ready: number;
  weight?: number;
  seen?: Partial<Snapshot>;
  /** `down`: the record turns; `out`: the entry is taken out; `in`: it is made; anything else is something else. */
  expected: 'down' | 'out' | 'in' | 'else';
}

const TABLE: Case[] = [
  {
    what: 'its pods are ready, and no entry is made yet',
    stage: 'weight',
    first: true,
    ready: 1,
    expected: 'in',
  },
  { what: 'it has no ready pod yet, and no entry', stage: 'weight', first: true, ready: 0, expected: 'else' },
  { what: 'it loses its last pod', stage: 'weight', ready: 0, weight: 10, expected: 'down' },
  { what: 'it loses its last pod at weight 0', stage: 'weight', ready: 0, weight: 0, expected: 'down' },
  { what: 'it has one of its pods left', stage: 'weight', ready: 1, weight: 10, expected: 'else' },
  {
    what: 'it loses its last pod on the way down',
    stage: 'restore',
    record: { direction: 'down', reason: 'It was bad.', restore: true },
    ready: 0,
    weight: 100,
    expected: 'out',
  },
  {
    what: 'it loses its last pod once stable has the release',
    stage: 'update-stable',
    ready: 0,
    weight: 100,
    seen: { stable: deployment('web', TO, 4) },
    expected: 'out',
  },
  {
    what: 'it has no pod once stable has the release, and its entry is out',
    stage: 'update-stable',
    ready: 0,
    seen: { stable: deployment('web', TO, 4) },
    expected: 'else',
  },
  {
    what: 'the way back to stable begins',
    stage: 'shift-back',
    ready: 4,
    weight: 100,
    seen: { stable: deployment('web', TO, 4) },
    expected: 'out',
  },
  {
    what: 'the way down begins',
    stage: 'drain-canary',
    record: { direction: 'down', reason: 'It was bad.' },
    ready: 1,
    weight: 10,
    expected: 'out',
  },
];

function decided({
  stage,
  record: over,
  first,
  ready,
  weight,
  seen,
}: Omit<Case, 'what' | 'expected'>): Decision {
  const reached = first ? {} : { reachedAt: 0 };
  const own = { plan: plan({ router: 'traefik', routes: ROUTES }), ...reached, ...over };
  const index = stagesOf(record(own)).findIndex(({ kind }) => kind === stage);
  assert.ok(index >= 0, `there is no stage ${stage}`);
  const pods = stage === 'weight' || stage === 'drain-canary' ? 1 : 4;
  const snapshot = withCanary(pods, 10, {
    stable: deployment('web', FROM, 4),
    routes: routes(weight),
    ready: { 'web-canary': ready },
    ...seen,
  });
  return decide({ record: record({ ...own, stage: index }), snapshot, now: 0, router: traefik });
}

function named(decision: Decision): Case['expected'] {
  if (decision.do === 'record') return decision.record.direction === 'down' ? 'down' : 'else';
  if (decision.do !== 'write') return 'else';
  const [write] = decision.writes;
  if (write?.resource !== ingressRoutes) return 'else';
  return JSON.stringify(write.object).includes('"web-canary"') ? 'in' : 'out';
}

describe('engines/native/decide: a router that fails for all users while the canary has no ready pod', () => {
  for (const each of TABLE) {
    it(`${each.stage}: ${each.what}: ${each.expected}`, () => {
      const decision = decided(each);
      assert.equal(named(decision), each.expected, JSON.stringify(decision));
    });
  }

  it('says why it comes down, and waits until the router has forgotten the canary', () => {
    const decision = decided({ stage: 'weight', first: true, ready: 0, weight: 0 });
    assert.equal(decision.do, 'record');
    const { reason, drain } = decision.do === 'record' ? decision.record : {};
    assert.match(
      reason ?? '',
      /^Service\/web-canary has no ready pod any more\. Traefik answers 404 to all users/,
    );
    assert.equal(drain, true);
  });
});
