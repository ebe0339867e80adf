import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { makePlan } from '../../../../src/engines/native/plan/make-plan.ts';
import type { PromotionSpec } from '../../../../src/engines/native/plan/spec.ts';
import type { Refusal } from '../../../../src/errors.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import {
  canaryIngress,
  deployment,
  FROM,
  type Given,
  ingress,
  inventory,
  REPO,
  service,
  spec,
} from '../fixtures.ts';

function refusalsOf(over: Partial<Given>, wanted: Partial<PromotionSpec> = {}): Refusal[] {
  const made = makePlan(spec(wanted), inventory(over), [nginx]);
  return 'refusals' in made ? made.refusals : [];
}

function withContainers(...containers: { name: string; image: string }[]): Given['deployments'] {
  const base = deployment('web', FROM, 4);
  const template = { ...base.spec?.template, spec: { containers } };
  return [{ ...base, spec: { selector: {}, ...base.spec, template } }];
}
const web = deployment('web', FROM, 4);
const main = ingress('web', 'shop.example.com', { '/': 'web' });
const classed = (ingressClassName: string): Ingress => ({
  ...main,
  spec: { ...main.spec, ingressClassName },
});
const unclassed: Ingress = { ...main, spec: { rules: main.spec?.rules ?? [] } };
const theirs = (name: string, host: string): Ingress => {
  const made = canaryIngress(name, 10);
  const { spec } = ingress(name, host, { '/': 'web-2' });
  return { ...made, metadata: { ...made.metadata, labels: {} }, ...(spec ? { spec } : {}) };
};
const ofApi = (): Ingress => {
  const made = canaryIngress('web-canary', 10);
  const labels = { ...made.metadata?.labels, 'drone-promote/workload': 'api' };
  return { ...made, metadata: { ...made.metadata, labels } };
};

interface Case {
  what: string;
  inventory?: Partial<Given>;
  spec?: Partial<PromotionSpec>;
  code: string;
  message: RegExp;
  hint: RegExp;
}

const REFUSED: Case[] = [
  {
    what: 'a baseline of pods that do not say where their counters are',
    spec: { baseline: true, metricsPort: undefined },
    code: 'baseline',
    message: /^`baseline: true` needs the pods' own counters, but the pods of Deployment\/web do not declare/,
    hint: /`metrics_port`, or the annotations/,
  },
  {
    what: 'no such Deployment',
    inventory: { deployments: [deployment('api', FROM, 1), deployment('db', FROM, 1)] },
    code: 'workload',
    message: /^There is no Deployment\/web\.$/,
    hint: /^Deployments in namespace shop: api, db\.$/,
  },
  {
    what: 'no Deployment at all',
    inventory: { deployments: [] },
    code: 'workload',
    message: /no Deployment\/web/,
    hint: /^Deployments in namespace shop: none\.$/,
  },
  {
    what: 'no container of the repository',
    inventory: { deployments: withContainers({ name: 'app', image: 'docker.io/shop/web:1' }) },
    code: 'container',
    message:
      /^No container of Deployment\/web runs registry\.example\.com:5000\/shop\/web; it has app \(docker\.io\/shop\/web:1\)\.$/,
    hint: /with registry and port/,
  },
  {
    what: 'no container of that name',
    spec: { container: 'wob' },
    code: 'container',
    message: /^No container of Deployment\/web is named "wob"; it has app \(/,
    hint: /or set `container`/,
  },
  {
    what: 'containers that differ',
    inventory: {
      deployments: withContainers({ name: 'app', image: FROM }, { name: 'job', image: `${REPO}:0.9.0` }),
    },
    code: 'container',
    message: /run different images of one repository: app \(.*:1\.0\.0\), job \(.*:0\.9\.0\)\.$/,
    hint: /^Set `container`/,
  },
  {
    what: 'no such Service',
    spec: { services: ['web', 'wob'] },
    code: 'service',
    message: /^There is no Service\/wob\.$/,
    hint: /^Services in namespace shop: web\.$/,
  },
  {
    what: 'a Service of another workload',
    inventory: { services: [service('web', { app: 'web' }), service('db', { app: 'db' })] },
    spec: { services: ['db'] },
    code: 'service',
    message: /^Service\/db does not select the pods of Deployment\/web\.$/,
    hint: /^Services that do: web\.$/,
  },
  {
    what: 'no Service that selects the pods',
    inventory: { services: [service('db', { app: 'db' })] },
    code: 'service',
    message: /^No Service selects the pods of Deployment\/web\.$/,
    hint: /^Services in namespace shop: db\.$/,
  },
  {
    what: 'Services without a common label',
    inventory: {
      services: [service('web', { app: 'web' }), service('front', { tier: 'front' })],
      ingresses: [main, ingress('front', 'x.example.com', { '/': 'front' })],
    },
    code: 'selector',
    message:
      /cannot be distinguished, .* in common: Service\/web selects app=web; Service\/front selects tier=front\.$/,
    hint: /^Add one label to the selectors/,
  },
  {
    what: 'no Ingress sends there',
    inventory: { ingresses: [ingress('db', 'db.example.com', { '/': 'db' })] },
    code: 'ingress',
    message: /^No Ingress sends to Service\/web\.$/,
    hint: /^Ingresses here: db → db\. If other pods or a load balancer send to the Service itself: `traffic: replicas` .* `strategy: bluegreen`/,
  },
  {
    what: 'no Ingress at all',
    inventory: { ingresses: [] },
    code: 'ingress',
    message: /^No Ingress sends to Service\/web\.$/,
    hint: /^Ingresses here: none\. If other pods/,
  },
  {
    what: 'an Ingress of another class',
    inventory: { ingresses: [classed('other')] },
    code: 'ingress-class',
    message: /^Ingress\/web is not served by ingress-nginx: it has class "other" of example\.com\/other\.$/,
    hint: /Canary annotations work on ingress-nginx only\. .* set `traffic: nginx`/,
  },
  {
    what: 'an Ingress of an unknown class',
    inventory: { ingresses: [classed('wob')] },
    code: 'ingress-class',
    message: /it has unknown class "wob"/,
    hint: /Canary annotations/,
  },
  {
    what: 'an Ingress without a class, and no default',
    inventory: { ingresses: [unclassed] },
    code: 'ingress-class',
    message: /it has no class, and no default class/,
    hint: /Canary annotations/,
  },
  {
    what: 'classes that may not be read, and another name',
    inventory: { ingresses: [classed('public')], classes: undefined },
    code: 'ingress-class',
    message: /it has class "public"/,
    hint: /Canary annotations/,
  },
  {
    what: 'a canary of somebody else on the same host and path',
    inventory: { ingresses: [main, theirs('by-hand', 'shop.example.com')] },
    code: 'foreign-canary',
    message:
      /^Ingress\/by-hand is a canary on the same host and path, but drone-promote did not create it\.$/,
    hint: /one canary for each main Ingress/,
  },
  {
    what: 'the same, under the name that ours would have',
    inventory: { ingresses: [main, theirs('web-canary', 'shop.example.com')] },
    code: 'foreign-canary',
    message: /^Ingress\/web-canary is a canary/,
    hint: /Delete it/,
  },
  {
    what: 'a canary of somebody else under our name, on another host',
    inventory: { ingresses: [main, theirs('web-canary', 'other.example.com')] },
    code: 'name-taken',
    message: /^Ingress\/web-canary already exists, but drone-promote did not create it for this workload\.$/,
    hint: /rename or remove/,
  },
  {
    what: 'a canary of our own, of another workload behind the same Ingress',
    inventory: { ingresses: [main, ofApi()] },
    code: 'name-taken',
    message: /^Ingress\/web-canary already exists, .* for this workload\.$/,
    hint: /rename or remove/,
  },
  {
    what: 'the name of the canary Ingress',
    inventory: { ingresses: [main, ingress('web-canary', 'x.example.com', { '/': 'db' })] },
    code: 'name-taken',
    message: /^Ingress\/web-canary already exists/,
    hint: /rename or remove/,
  },
  {
    what: 'the name of the canary',
    inventory: { deployments: [web, deployment('web-canary', FROM, 1)] },
    code: 'name-taken',
    message:
      /^Deployment\/web-canary already exists, but drone-promote did not create it for this workload\.$/,
    hint: /rename or remove/,
  },
  {
    what: 'the name of its Service',
    inventory: { services: [service('web', { app: 'web' }), service('web-canary', { app: 'x' })] },
    code: 'name-taken',
    message: /^Service\/web-canary already exists/,
    hint: /rename or remove/,
  },
  {
    what: 'the name of the baseline',
    inventory: { deployments: [web, deployment('web-baseline', FROM, 1)] },
    spec: { baseline: true },
    code: 'name-taken',
    message: /^Deployment\/web-baseline already exists/,
    hint: /rename or remove/,
  },
  {
    what: 'the name of an experiment’s Service',
    inventory: { services: [service('web', { app: 'web' }), service('web-baseline', { app: 'x' })] },
    spec: { strategy: 'experiment' },
    code: 'name-taken',
    message: /^Service\/web-baseline already exists/,
    hint: /rename or remove/,
  },
];

describe('engines/native/plan/make-plan: refusals', () => {
  for (const { what, inventory: over = {}, spec: wanted = {}, code, message, hint } of REFUSED) {
    it(`${what}: ${code}`, () => {
      const [first, ...more] = refusalsOf(over, wanted);
      assert.equal(first?.code, code);
      assert.match(first?.message ?? '', message);
      assert.match(first?.hint ?? '', hint);
      assert.deepEqual(more, []);
    });
  }

  it('says all that is wrong at once, each with its hint', () => {
    const base = deployment('web', FROM, 4, { paused: true, strategy: { type: 'Recreate' } });
    const refusals = refusalsOf({
      deployments: [base, deployment('web-canary', FROM, 1)],
      ingresses: [classed('other'), theirs('by-hand', 'shop.example.com')],
    });
    const codes = refusals.map(({ code }) => code);
    assert.deepEqual(codes, ['paused', 'recreate', 'ingress-class', 'foreign-canary', 'name-taken']);
    for (const { message, hint } of refusals) assert.ok(message.endsWith('.') && hint, message);
  });

  it('asks less of a rollout without a canary', () => {
    const over = { ingresses: [], services: [], deployments: [deployment('web', FROM, 4)] };
    assert.deepEqual(refusalsOf(over, { steps: [] }), []);
    const paused = [deployment('web', FROM, 4, { paused: true })];
    assert.deepEqual(
      refusalsOf({ ...over, deployments: paused }, { steps: [] }).map(({ code }) => code),
      ['paused'],
    );
  });

  it('takes objects that an earlier run of this workload left for its own', () => {
    assert.deepEqual(refusalsOf({ ingresses: [main, canaryIngress('web-canary', 10)] }), []);
  });
});
