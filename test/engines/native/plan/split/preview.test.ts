import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePlan, type Planned } from '../../../../../src/engines/native/plan/make-plan.ts';
import { isSamePromotion } from '../../../../../src/engines/native/plan/plan.ts';
import type { PromotionSpec } from '../../../../../src/engines/native/plan/spec.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { replicas } from '../../../../../src/traffic/replicas/router.ts';
import { service as byService } from '../../../../../src/traffic/service/router.ts';
import { type Given, ingress, inventory, service, spec } from '../../fixtures.ts';

const HOST = 'preview.example.com';
const BLUE_GREEN: Partial<PromotionSpec> = {
  strategy: 'bluegreen',
  steps: [{ kind: 'hold' }, { kind: 'weight', weight: 100, holdMs: 60_000 }],
  preview: HOST,
};

const made = (over: Partial<PromotionSpec> = {}, given: Partial<Given> = {}, routers = [nginx]): Planned =>
  makePlan(spec({ ...BLUE_GREEN, ...over }), inventory(given), routers);

function planned(...given: Parameters<typeof made>) {
  const all = made(...given);
  assert.ok('plan' in all, JSON.stringify(all));
  return all;
}

describe('engines/native/plan/split/preview', () => {
  it('is in the plan with its URL, and has a line that names the object', () => {
    const { plan, lines } = planned();
    assert.deepEqual(plan.preview, { host: HOST, url: `http://${HOST}` });
    assert.ok(
      lines.includes(`preview: http://${HOST} leads to the canary alone, by Ingress/web-preview`),
      lines.join('\n'),
    );
  });

  it('has the ports of the Service, with a name for one that has none', () => {
    const ports = (plan: Planned) => ('plan' in plan ? plan.plan.services[0]?.ports : undefined);
    assert.deepEqual(ports(made()), [{ name: 'http', port: 80 }]);
    const unnamed = service('web', { app: 'web' });
    const given = { services: [{ ...unnamed, spec: { ...unnamed.spec, ports: [{ port: 80 }] } }] };
    assert.deepEqual(ports(made({}, given)), [{ name: 'preview', port: 80 }]);
  });

  it('leaves no trace in a plan without one', () => {
    const { plan, lines } = planned({ preview: undefined });
    assert.deepEqual(plan.services, [{ stable: 'web', canary: 'web-canary' }]);
    assert.equal(plan.preview, undefined);
    assert.doesNotMatch(lines.join('\n'), /^preview:/m);
  });

  it('is another promotion with another host', () => {
    const [one, other] = [planned().plan, planned({ preview: 'other.example.com' }).plan];
    assert.ok(isSamePromotion(one, planned().plan));
    assert.ok(!isSamePromotion(one, other));
  });

  it("is refused if the host is the users'", () => {
    const given = { ingresses: [ingress('web', HOST, { '/': 'web' })] };
    const refused = made({}, given);
    assert.ok('refusals' in refused);
    assert.deepEqual(
      refused.refusals.map(({ code, message }) => [code, message]),
      [['preview', `\`preview: ${HOST}\` is a host of Ingress/web, by which the users come.`]],
    );
  });

  for (const router of [byService, replicas]) {
    it(`is refused by the router "${router.name}", which knows no hosts`, () => {
      const over = router === replicas ? spec() : {};
      const refused = made({ ...over, preview: HOST, traffic: router.name }, {}, [router]);
      assert.ok('refusals' in refused, JSON.stringify(refused));
      const [first] = refused.refusals.filter(({ code }) => code === 'preview');
      assert.match(first?.message ?? '', /a Service knows no host names/);
      assert.match(first?.hint ?? '', /kubectl -n shop port-forward service\/web-canary 8080:80$/);
    });
  }
});
