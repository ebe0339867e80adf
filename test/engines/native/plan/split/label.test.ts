import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { makePlan, type Planned } from '../../../../../src/engines/native/plan/make-plan.ts';
import { testLabel } from '../../../../../src/engines/native/plan/names.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { ownLabels } from '../../../../../src/workload/canary-copy.ts';
import { deployment, FROM, type Given, ingress, inventory, service, spec } from '../../fixtures.ts';

type Labels = Record<string, string>;

function labelled(name: string, labels: Labels, selector: Labels = labels): Deployment {
  const base = deployment(name, FROM, 2, { selector: { matchLabels: selector } });
  const { spec } = base;
  return {
    ...base,
    spec: { selector: {}, ...spec, template: { ...spec?.template, metadata: { labels } } },
  };
}

function planned(over: Partial<Given>, workload = 'web', strategy: 'canary' | 'experiment' = 'canary') {
  const made = makePlan(spec({ workload, strategy }), inventory(over), [nginx]);
  assert.ok('plan' in made, JSON.stringify(made));
  return made as Extract<Planned, { plan: unknown }>;
}

const SHOP = { app: 'shop', tier: 'web' };
const API = labelled('api', { app: 'shop', tier: 'api' });

interface Case {
  what: string;
  labels: Labels;
  selector?: Labels;
  /** The selector of the Service. */
  service: Labels;
  others?: Deployment[];
  services?: Given['services'];
  expected: [key: string, canary: string];
}

const CASES: Case[] = [
  {
    what: 'the label that no neighbour has',
    labels: SHOP,
    service: SHOP,
    others: [API],
    expected: ['tier', 'web-canary'],
  },
  {
    what: "the component, among Helm's common labels",
    labels: {
      'app.kubernetes.io/component': 'front',
      'app.kubernetes.io/instance': 'prod',
      'app.kubernetes.io/name': 'shop',
    },
    service: {
      'app.kubernetes.io/component': 'front',
      'app.kubernetes.io/instance': 'prod',
      'app.kubernetes.io/name': 'shop',
    },
    others: [
      labelled('api', {
        'app.kubernetes.io/component': 'api',
        'app.kubernetes.io/instance': 'prod',
        'app.kubernetes.io/name': 'shop',
      }),
    ],
    expected: ['app.kubernetes.io/component', 'front-canary'],
  },
  {
    what: 'a label of the selector of the Deployment, though a neighbour has it, because an autoscaler counts by it',
    labels: SHOP,
    selector: { app: 'shop' },
    service: SHOP,
    others: [API],
    expected: ['app', 'shop-web-canary'],
  },
  {
    what: 'a shared label with the name of the workload in its value, if there is no other',
    labels: SHOP,
    service: { app: 'shop' },
    others: [API],
    expected: ['app', 'shop-web-canary'],
  },
  {
    what: 'another value if a pod of somebody else has it',
    labels: { app: 'web' },
    service: { app: 'web' },
    others: [labelled('web-v2', { app: 'web-canary' })],
    expected: ['app', 'web-web-canary'],
  },
  {
    what: 'another value if a Service of somebody else selects it',
    labels: { app: 'web' },
    service: { app: 'web' },
    services: [service('try', { app: 'web-canary' })],
    expected: ['app', 'web-web-canary'],
  },
  {
    what: 'another value if the pods of a check would be behind a Service of somebody else',
    labels: { app: 'web' },
    service: { app: 'web' },
    services: [service('try', { app: 'web-canary-test' })],
    expected: ['app', 'web-web-canary'],
  },
  {
    what: 'a value with a hash, if both are taken',
    labels: { app: 'web' },
    service: { app: 'web' },
    services: [service('try', { app: 'web-canary' }), service('too', { app: 'web-web-canary' })],
    expected: ['app', 'web-web-eaad67-canary'],
  },
  {
    what: 'a label with an empty value',
    labels: { app: '' },
    service: { app: '' },
    expected: ['app', 'canary'],
  },
  {
    what: 'an empty value that a neighbour has too',
    labels: { app: '', tier: 'a' },
    service: { app: '' },
    others: [labelled('api', { app: '', tier: 'b' })],
    expected: ['app', 'web-canary'],
  },
];

describe('engines/native/plan/split/label', () => {
  for (const { what, labels, selector, service: selects, others = [], services = [], expected } of CASES) {
    it(`takes ${what}`, () => {
      const { plan } = planned({
        deployments: [labelled('web', labels, selector), ...others],
        services: [service('web', selects), ...services],
      });
      assert.deepEqual([plan.label.key, plan.label.canary], expected);
    });
  }

  it('does not take what it made itself for a neighbour', () => {
    const left = labelled('web-canary', { app: 'web-canary' });
    const { plan } = planned({
      deployments: [
        deployment('web', FROM, 4),
        { ...left, metadata: { ...left.metadata, labels: ownLabels('web') } },
      ],
    });
    assert.deepEqual(plan.label, { key: 'app', stable: 'web', canary: 'web-canary' });
  });

  it('makes values of 63 characters that a Service may select by, whatever is there', () => {
    for (const value of ['a'.repeat(63), `${'a'.repeat(62)}Z`, 'v1.2_3', 'UPPER', '1']) {
      for (const others of [[], [labelled('api', { app: value })]]) {
        const over = {
          deployments: [labelled('web', { app: value }), ...others],
          services: [service('web', { app: value })],
        };
        const { plan } = planned(over, 'web', 'experiment');
        for (const made of [plan.label.canary, plan.baseline?.label.value ?? '', testLabel(plan)]) {
          assert.match(made, /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
          assert.notEqual(made, value);
        }
      }
    }
  });
});

describe('engines/native/plan/split/shared', () => {
  const hpa = {
    metadata: { name: 'web' },
    spec: { maxReplicas: 9, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
  };
  const ported = (other: Deployment, port: string): Deployment => {
    const { spec } = other;
    const containers = [{ name: 'app', image: FROM, ports: [{ name: port, containerPort: 1 }] }];
    return {
      ...other,
      spec: { selector: {}, ...spec, template: { ...spec?.template, spec: { containers } } },
    };
  };
  const monitor = (name: string, matchLabels: Labels) => ({
    metadata: { name },
    spec: { selector: { matchLabels } },
  });
  const named = service('web', { app: 'shop' });
  const byName = { ...named, spec: { ...named.spec, ports: [{ port: 80, targetPort: 'http' }] } };
  const web = labelled('web', SHOP);
  const split = service('web', { tier: 'front' });
  const cases: [what: string, over: Partial<Given>, expected: RegExp[]][] = [
    [
      'an autoscaler that counts the canary, because the selector does not have the label',
      {
        deployments: [labelled('web', { app: 'web', tier: 'front' }, { app: 'web' })],
        services: [split],
        autoscalers: [hpa],
      },
      [
        /^HorizontalPodAutoscaler\/web counts the canary's pods as stable's, because .* does not have the label "tier"\.$/,
      ],
    ],
    [
      'no autoscaler',
      { deployments: [labelled('web', { app: 'web', tier: 'front' }, { app: 'web' })], services: [split] },
      [],
    ],
    ['an autoscaler that does not', { autoscalers: [hpa] }, []],
    [
      'a neighbour behind the Service',
      { deployments: [web, API], services: [named] },
      [/^Service\/web also selects the pods of Deployment\/api: /],
    ],
    ['a neighbour without the port', { deployments: [web, ported(API, 'grpc')], services: [byName] }, []],
    [
      'a neighbour with the port',
      { deployments: [web, ported(API, 'http')], services: [byName] },
      [/^Service\/web also selects the pods of Deployment\/api: /],
    ],
    [
      'a neighbour without pods',
      {
        deployments: [
          web,
          { ...API, spec: { ...(API.spec ?? { selector: {}, template: {} }), replicas: 0 } },
        ],
        services: [named],
      },
      [],
    ],
    [
      'a PodMonitor by the label',
      { monitors: { ofServices: [], ofPods: [monitor('web', { app: 'web' }), monitor('all', {})] } },
      [/^PodMonitor\/web scrapes stable's pods and not the canary's\./],
    ],
    [
      'a ServiceMonitor of the Service, whose labels the canary does not have',
      {
        services: [{ ...service('web', { app: 'web' }), metadata: { name: 'web', labels: { app: 'web' } } }],
        monitors: { ofServices: [monitor('web', { app: 'web' }), monitor('db', { app: 'db' })], ofPods: [] },
      },
      [/^ServiceMonitor\/web scrapes stable's pods and not the canary's\./],
    ],
    ['the plain example', {}, []],
  ];
  for (const [what, over, expected] of cases) {
    it(`${expected.length > 0 ? 'warns of' : 'says nothing of'} ${what}`, () => {
      const { warnings } = planned({ ingresses: [ingress('web', 'x.example.com', { '/': 'web' })], ...over });
      assert.equal(warnings.length, expected.length, warnings.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(warnings[index] ?? '', pattern);
    });
  }
});
