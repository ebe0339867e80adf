import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { asItWas, assertNoFailures, deployApp, ingressOf, SETTINGS } from '../../../e2e/app.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import { controllerOf, prefixOf, withPrefixSwapped } from '../../../src/traffic/nginx/controllers.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';

function podOf(...args: string[]): Pod {
  return { spec: { containers: [{ name: 'controller', args: ['/nginx-ingress-controller', ...args] }] } };
}

function classOf(name: string, controller: string): IngressClass {
  return { metadata: { name }, spec: { controller } };
}

const ofClass = (ingressClassName: string): Ingress => ({ spec: { ingressClassName } });

describe('traffic/nginx/controllers', () => {
  it('reads what a controller serves from its arguments, and knows the defaults', () => {
    assert.deepEqual(controllerOf(podOf()), {
      prefix: PREFIX,
      controllerClass: 'k8s.io/ingress-nginx',
      ingressClass: 'nginx',
      servesUnclassed: false,
    });
    assert.deepEqual(
      controllerOf(
        podOf(
          '--annotations-prefix=edge.example.com',
          '--controller-class',
          'example.com/edge',
          '--ingress-class=edge',
          '--watch-ingress-without-class=true',
        ),
      ),
      {
        prefix: 'edge.example.com/',
        controllerClass: 'example.com/edge',
        ingressClass: 'edge',
        servesUnclassed: true,
      },
    );
  });

  describe('the prefix of an Ingress', () => {
    const classes = [
      classOf('nginx', 'k8s.io/ingress-nginx'),
      classOf('edge', 'example.com/edge'),
      classOf('other', 'example.com/other'),
    ];
    const usual = controllerOf(podOf());
    const edge = controllerOf(podOf('--annotations-prefix=edge.io', '--controller-class=example.com/edge'));
    const cases: [what: string, name: string, controllers: (typeof usual)[], prefix: string][] = [
      ['no controller can be read', 'edge', [], PREFIX],
      ['the controller of the class', 'edge', [usual, edge], 'edge.io/'],
      ['another controller beside it', 'nginx', [usual, edge], PREFIX],
      ['nobody says that it serves the class, and all have one prefix', 'other', [edge, edge], 'edge.io/'],
      ['nobody says that it serves the class, and they differ', 'other', [usual, edge], PREFIX],
    ];
    for (const [what, name, controllers, prefix] of cases) {
      it(`${what}: ${prefix}`, () => assert.equal(prefixOf(ofClass(name), classes, controllers), prefix));
    }
  });

  it('swaps the prefixes, and loses nothing on the way back', () => {
    const annotations = { 'edge.io/canary': 'true', [`${PREFIX}canary`]: 'false', note: 'kept' };
    const ingress: Ingress = { metadata: { name: 'web', annotations } };
    const read = withPrefixSwapped(ingress, 'edge.io/');
    assert.deepEqual(read.metadata?.annotations, {
      [`${PREFIX}canary`]: 'true',
      'edge.io/canary': 'false',
      note: 'kept',
    });
    assert.deepEqual(withPrefixSwapped(read, 'edge.io/'), ingress);
    assert.equal(withPrefixSwapped(ingress, undefined), ingress);
  });
});

/** Starts the controller with other arguments. */
function startWith({ cluster: { store } }: SimWorld, ...args: string[]): void {
  const pod = store.get('pods', 'ingress-nginx', 'controller');
  assert.ok(pod);
  const [container] = pod.spec.containers;
  store.put('pods', { ...pod, spec: { ...pod.spec, containers: [{ ...container, args }] } });
}

describe('a controller that is started with arguments of its own', () => {
  for (const [what, settings] of [
    ['is promoted', {}],
    ['is promoted while testers come by a pattern', { header_pattern: 'X-Tenant=^(beta|staff)-' }],
  ] as const) {
    it(`another prefix and another class: a good release ${what}, and no user notices`, () =>
      inSimWorld(rbacRules(), async (world) => {
        startWith(world, '--annotations-prefix=edge.example.com', '--controller-class=example.com/other');
        const ingress = ingressOf('web', world.host, [['/', 'web']]);
        ingress.spec.ingressClassName = 'other';
        ingress.metadata.annotations = { [`${PREFIX}canary`]: 'true' };
        await deployApp(world, { ingress });
        const load = await world.load();
        const step = world.step({ ...SETTINGS, ...settings });
        await world.until('the canary has a share', () => step.log().includes('50 % of the users'));
        const made = world.cluster.store.get('ingresses', world.namespace, 'web-canary');
        assert.equal(made?.metadata.annotations?.['edge.example.com/canary'], 'true');
        const ended = await step.done;
        const report = await load.stop();
        assert.equal(ended.code, 0, ended.log);
        assertNoFailures(report, ended);
        assert.ok((report.versions['1.1.0'] ?? 0) > 0);
        const main = world.cluster.store.get('ingresses', world.namespace, 'web');
        assert.deepEqual(main?.metadata.annotations, { [`${PREFIX}canary`]: 'true' });
      }));
  }

  it('another prefix: a promotion that is aborted leaves nothing', () =>
    inSimWorld(rbacRules(), async (world) => {
      startWith(world, '--annotations-prefix=edge.example.com');
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['50% 1m'] });
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
      step.terminate();
      const ended = await step.done;
      assertNoFailures(await load.stop(), ended);
      await asItWas(world);
    }));
});
