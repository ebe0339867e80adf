import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VirtualService } from '../../../src/traffic/istio/kinds.ts';
import type { RouteObjects, Steer } from '../../../src/traffic/split.ts';
import { find, objectsOf, ruleFor, SPLIT, serviceOf, to, up } from './helpers.ts';

const WEB = serviceOf([to({ web: 1 })]);
const subset = (...names: (string | undefined)[]) =>
  serviceOf(
    names.map((name) => [{ destination: { host: 'web', ...(name === undefined ? {} : { subset: name }) } }]),
  );
const root = (namespace?: string) =>
  serviceOf([
    { match: [{ uri: { prefix: '/x' } }], delegate: { name: 'far', ...(namespace ? { namespace } : {}) } },
    to({ web: 1 }),
  ]);

describe('discover: which VirtualServices are split', () => {
  it('those whose http rules send to the Service', () => {
    const blog = serviceOf([to({ blog: 1 })], {}, { name: 'blog' });
    const found = find(objectsOf([WEB, blog]));
    assert.deepEqual(
      found.routes,
      SPLIT.routes.map((route) => ({ ...route, beside: [] })),
    );
    assert.deepEqual([found.refusals, found.warnings], [[], []]);
  });

  it('a delegate of this namespace, which has no hosts, and whose root is elsewhere', () => {
    const { hosts: _, gateways: __, ...spec } = WEB.spec ?? {};
    assert.deepEqual(find(objectsOf([{ ...WEB, spec }])).refusals, []);
  });

  it('a root that delegates within the namespace', () => {
    assert.deepEqual(find(objectsOf([root(), root('shop')])).refusals, []);
  });

  it('a VirtualService that a promotion has left split is found as it was', () => {
    const steer = { header: { name: 'X-Canary' } };
    const split = up(objectsOf([WEB], [ruleFor('web')]), 50, { ...SPLIT, steer });
    assert.deepEqual(find(split, steer), find(objectsOf([WEB], [ruleFor('web')]), steer));
  });
});

const REFUSALS: readonly [
  name: string,
  service: VirtualService,
  steer: Steer | undefined,
  expected: RegExp,
][] = [
  [
    'no VirtualService',
    serviceOf([to({ blog: 1 })]),
    undefined,
    /^istio-route: No VirtualService of the namespace sends to Service\/web\. \| VirtualServices here: VirtualService\/web\.$/,
  ],
  [
    'none here, but rules elsewhere',
    serviceOf([{ delegate: { name: 'far', namespace: 'edge' } }]),
    undefined,
    /No VirtualService .* \| The rules of some are elsewhere: VirtualService\/far of namespace edge\./,
  ],
  [
    'no users',
    serviceOf([to({ web: 0, blog: 1 })]),
    undefined,
    /VirtualService\/web sends no users to Service\/web, because the weight is 0/,
  ],
  [
    'a tls rule',
    serviceOf([to({ web: 1 })], { tls: [{ route: to({ web: 1 }) }] }),
    undefined,
    /VirtualService\/web sends connections to Service\/web by a `tls` or `tcp` rule\./,
  ],
  [
    'tcp rules alone',
    { ...WEB, spec: { tcp: [{ route: to({ web: 1 }) }] } },
    undefined,
    /by a `tls` or `tcp` rule\./,
  ],
  [
    'a root that delegates elsewhere',
    root('edge'),
    undefined,
    /VirtualService\/web has a part of its rules in VirtualService\/far of namespace edge, which is not looked at: .* \| Set `traffic: istio`/,
  ],
  [
    "somebody else's canary",
    serviceOf([{ name: 'all', route: to({ web: 90, 'web-canary': 10 }) }]),
    undefined,
    /^foreign-canary: Rule "all" of VirtualService\/web sends to the canary's Service already/,
  ],
  [
    'a share without a hundredth',
    serviceOf([to({ web: 1, blog: 900_000 })]),
    undefined,
    /Rule 1 of VirtualService\/web has weights of which the canary cannot get 1 %: 1, 900000\./,
  ],
  [
    'a subset that nothing here defines',
    subset('v9'),
    undefined,
    /sends to subset v9 of Service\/web, but no DestinationRule of the namespace defines it/,
  ],
  [
    'several subsets',
    subset('v1', 'v2'),
    undefined,
    /sends to several parts of Service\/web: subset v1, subset v2\. Which of them is Deployment\/web is not known\./,
  ],
  [
    'a subset and all of it',
    subset('v1', undefined),
    undefined,
    /sends to several parts of Service\/web: subset v1, all of it\./,
  ],
  [
    'a header that a rule matches itself',
    serviceOf([{ match: [{ headers: { 'x-canary': { exact: 'a' } } }], route: to({ web: 1 }) }]),
    { header: { name: 'X-Canary', value: 'tester' } },
    /The rule for testers of VirtualService\/web is not possible, because .* matches the header x-canary\./,
  ],
  [
    'a cookie beside a rule for cookies',
    serviceOf([{ match: [{ headers: { cookie: { regex: 'a' } } }], route: to({ web: 1 }) }]),
    { cookie: 'canary' },
    /matches the header cookie\. \| Set `header` instead of `cookie`\./,
  ],
  [
    'a pattern that RE2 does not have',
    WEB,
    { header: { name: 'X-Tenant', pattern: '^(?!beta)' } },
    /`header_pattern` has a form that Istio's regular expressions \(RE2\) do not have/,
  ],
];

describe('discover: why a VirtualService cannot be split', () => {
  const subsets = [{ name: 'v1', labels: {} }, { name: 'v2' }];
  for (const [name, service, steer, expected] of REFUSALS) {
    it(name, () => {
      const objects = objectsOf([service], [ruleFor('web', { subsets })]);
      const refusals = find(objects, steer).refusals.map(
        ({ code, message, hint }) => `${code}: ${message} | ${hint}`,
      );
      assert.equal(refusals.length, 1, refusals.join('\n'));
      assert.match(refusals[0] ?? '', expected);
    });
  }

  it('a subset that a DestinationRule here defines: it is kept', () => {
    assert.deepEqual(find(objectsOf([subset('v1')], [ruleFor('web', { subsets })])).refusals, []);
  });

  it('who insists is believed that rules elsewhere do not send to the Service', () => {
    const found = find(objectsOf([root('edge')]), undefined, true);
    assert.deepEqual(found.refusals, []);
    assert.match(found.warnings.join(), /VirtualService\/far of namespace edge, which is not split/);
  });

  it('another promotion in the same rule', () => {
    const blog = { ...SPLIT, workload: 'blog', services: [{ stable: 'blog', canary: 'blog-canary' }] };
    const [refusal] = find(up(objectsOf([serviceOf([to({ web: 1, blog: 1 })])]), 10, blog)).refusals;
    assert.match(refusal?.message ?? '', /is being split by the promotion of Deployment\/blog\./);
  });
});

describe('discover: warnings', () => {
  const warned = (objects: RouteObjects, steer?: Steer) => find(objects, steer).warnings.join('\n');
  const marked = (annotations: Record<string, string>) =>
    objectsOf([serviceOf([to({ web: 1 })], {}, { annotations })]);

  it('a VirtualService that Git or Helm keeps, with what makes the tool leave the weights alone', () => {
    const argo = marked({ 'argocd.argoproj.io/tracking-id': 'x' });
    assert.match(
      warned(argo),
      /ignoreDifferences: \[\{group: networking\.istio\.io, kind: VirtualService, jqPathExpressions: \["\.spec\.http\[\]\.route"\]/,
    );
    assert.match(warned(argo, { cookie: 'canary' }), /jqPathExpressions: \["\.spec\.http"\]/);
    assert.match(
      warned(marked({ 'kustomize.toolkit.fluxcd.io/name': 'x' })),
      /kubectl annotate virtualservices web kustomize/,
    );
    assert.match(warned(marked({ 'meta.helm.sh/release-name': 'x' })), /installed by Helm/);
  });

  it('several VirtualServices for a host on the mesh, of which one has no effect', () => {
    const two = (gateways: string[]) =>
      objectsOf([
        serviceOf([to({ web: 1 })], { gateways }),
        serviceOf([to({ blog: 1 })], { gateways }, { name: 'blog' }),
      ]);
    assert.match(warned(two(['mesh'])), /VirtualService\/web and VirtualService\/blog are both for the host/);
    assert.match(warned(two([])), /IST0109/);
    assert.equal(warned(two(['istio-system/edge'])), '');
  });
});
