import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePlan } from '../../../../src/engines/native/plan/make-plan.ts';
import type { PromotionSpec } from '../../../../src/engines/native/plan/spec.ts';
import { candidateRouters, ROUTERS } from '../../../../src/traffic/index.ts';
import { deployment, FROM, type Given, ingress, inventory, spec } from '../fixtures.ts';

const BLUE_GREEN = {
  strategy: 'bluegreen',
  steps: [{ kind: 'weight', weight: 100, holdMs: 60_000 }],
} as const satisfies Partial<PromotionSpec>;
const INTERNAL = { ingresses: [] };
const CALLER = deployment('caller', 'registry.example.com/caller:1', 1);

function planned(over: Partial<Given>, wanted: Partial<PromotionSpec>) {
  const asked = spec(wanted);
  return makePlan(asked, inventory(over), candidateRouters(asked.traffic, ROUTERS, asked.strategy));
}

describe('engines/native/plan/routing: a Service that nothing leads to', () => {
  it('is switched by its selector for blue/green, and the plan says why, and what it cannot promise', () => {
    const made = planned(INTERNAL, BLUE_GREEN);
    assert.ok('plan' in made, JSON.stringify(made));
    assert.deepEqual([made.plan.router, made.plan.routes], ['service', [{ stable: 'web', canary: 'web' }]]);
    const lines = made.lines.join('\n');
    assert.match(
      lines,
      /^router: service, because no route of the namespace sends to the Service \(looked at: Ingress, HTTPRoute, GRPCRoute, VirtualService, /m,
    );
    assert.match(lines, /^split: Service\/web behind its own selector \(Service\/web\), by label app$/m);
    assert.match(lines, /^service: connections that are open stay on the old pods/m);
  });

  it('is refused for a canary, with both ways out', () => {
    const made = planned(INTERNAL, {});
    assert.ok('refusals' in made);
    assert.equal(made.refusals[0]?.code, 'ingress');
    assert.match(made.refusals[0]?.hint ?? '', /`strategy: bluegreen`/);
  });

  it('is switched if the user names that router, whatever else leads there', () => {
    const made = planned({}, { ...BLUE_GREEN, traffic: 'service' });
    assert.ok('plan' in made, JSON.stringify(made));
    assert.equal(made.plan.router, 'service');
    assert.doesNotMatch(made.lines.join('\n'), /^router: service, because/m);
  });

  it('moves everybody, so that nobody stays: neither who comes by an Ingress nor other pods', () => {
    const address = { env: [{ name: 'SHOP', value: 'http://web' }], name: 'app' };
    const callers = { ...CALLER, spec: { ...CALLER.spec, template: { spec: { containers: [address] } } } };
    const deployments = [deployment('web', FROM, 4), callers as typeof CALLER];
    for (const router of ['service', 'nginx']) {
      const made = planned({ deployments }, { ...BLUE_GREEN, traffic: router });
      assert.ok('plan' in made, JSON.stringify(made));
      const staying = made.warnings.filter((each) => each.startsWith('Some users stay on stable'));
      assert.equal(staying.length, router === 'service' ? 0 : 1, made.warnings.join('\n'));
    }
  });
});

describe('engines/native/plan/routing: blue/green', () => {
  it('takes the route that leads there', () => {
    const made = planned({}, BLUE_GREEN);
    assert.equal('plan' in made && made.plan.router, 'nginx');
  });

  it('is refused by a route that cannot be split, and takes no other way in silence', () => {
    const other = ingress('web', 'shop.example.com', { '/': 'web' });
    const ingresses = [{ ...other, spec: { ...other.spec, ingressClassName: 'other' } }];
    const made = planned({ ingresses }, BLUE_GREEN);
    assert.ok('refusals' in made);
    assert.equal(made.refusals[0]?.code, 'ingress-class');
  });

  it('does not take a Service for one that nothing leads to if routes may not be read', () => {
    const { routes, ...rest } = inventory(INTERNAL);
    const blind = { ...rest, routes: { ...routes, isReadable: () => false } };
    const made = makePlan(spec(BLUE_GREEN), blind, candidateRouters('auto', ROUTERS, 'bluegreen'));
    assert.ok('refusals' in made);
    assert.equal(made.refusals[0]?.code, 'rights');
  });
});
