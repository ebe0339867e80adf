import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { makePlan, type Planned } from '../../../../src/engines/native/plan/make-plan.ts';
import type { PromotionSpec } from '../../../../src/engines/native/plan/spec.ts';
import type { Step } from '../../../../src/settings/steps.ts';
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
  TO,
} from '../fixtures.ts';

function planned(
  over: Partial<Given> = {},
  wanted: Partial<PromotionSpec> = {},
): Extract<Planned, { plan: unknown }> {
  const made = makePlan(spec(wanted), inventory(over), [nginx]);
  if ('plan' in made) return made;
  throw new Error(made.refusals.map(({ message }) => message).join('\n'));
}

const web = service('web', { app: 'web' });
const front = service('front', { app: 'web', tier: 'front' });
const tier = service('tier', { tier: 'front' });
const metrics = service('metrics', { app: 'web' });
const db = service('db', { app: 'db' });
const blank = service('blank', {});
const at = (...to: string[]): Ingress[] =>
  to.map((name, index) => ingress(name, `${index}.example.com`, { '/': name }));
const byHand: Ingress = {
  ...ingress('by-hand', 'other.example.com', { '/': 'web' }),
  metadata: { name: 'by-hand', annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' } },
};
const ours = {
  ...service('ours', { app: 'web' }),
  metadata: { name: 'ours', labels: { 'app.kubernetes.io/managed-by': 'drone-promote' } },
};

interface Split {
  what: string;
  services: Given['services'];
  ingresses?: Ingress[];
  spec?: Partial<PromotionSpec>;
  /** The Services that are split, the Ingresses, and the label's key. */
  expected: [services: string[], routes: string[], key: string];
  warnings?: RegExp[];
}

const SPLITS: Split[] = [
  { what: 'one Service behind one Ingress', services: [web], expected: [['web'], ['web'], 'app'] },
  {
    what: 'Services of other workloads are left alone, and those without a selector',
    services: [db, blank, web],
    ingresses: at('web', 'db', 'blank'),
    expected: [['web'], ['web'], 'app'],
  },
  {
    what: 'a Service that no Ingress sends to is not split; it selects by the label, so it stays on stable',
    services: [metrics, web],
    expected: [['web'], ['web'], 'app'],
  },
  {
    what: 'several Services, each behind its Ingress, split by the label that they share',
    services: [front, web],
    ingresses: at('web', 'front'),
    expected: [['front', 'web'], ['web', 'front'], 'app'],
  },
  {
    what: 'one Service behind several Ingresses',
    services: [web],
    ingresses: [...at('web'), ingress('shop', 'shop.example.com', { '/a': 'db', '/b': 'web' })],
    expected: [['web'], ['web', 'shop'], 'app'],
  },
  {
    what: 'an Ingress that sends to it by its default backend alone',
    services: [web],
    ingresses: [
      {
        metadata: { name: 'rest' },
        spec: {
          ingressClassName: 'nginx',
          defaultBackend: { service: { name: 'web', port: { number: 80 } } },
        },
      },
    ],
    expected: [['web'], ['rest'], 'app'],
  },
  {
    what: 'a canary Ingress of our own from an earlier run is no main Ingress',
    services: [web],
    ingresses: [...at('web'), canaryIngress('web-canary', 10)],
    expected: [['web'], ['web'], 'app'],
  },
  {
    what: 'a canary Ingress of others on another host is no main Ingress either',
    services: [web],
    ingresses: [...at('web'), byHand],
    expected: [['web'], ['web'], 'app'],
  },
  {
    what: 'a Service of our own is never split, whatever it selects',
    services: [web, ours],
    ingresses: at('web', 'ours'),
    expected: [['web'], ['web'], 'app'],
  },
  {
    what: 'the Service that is named, and not the other one behind an Ingress',
    services: [front, web],
    ingresses: at('web', 'front'),
    spec: { services: ['front'] },
    expected: [['front'], ['front'], 'app'],
  },
  {
    what: 'a label that every Service selects by comes before one of the Deployment alone',
    services: [front, tier],
    ingresses: at('front'),
    expected: [['front'], ['front'], 'tier'],
  },
  {
    what: 'a Service that selects by another label is warned of: it sees the canary',
    services: [web, tier],
    ingresses: at('web'),
    expected: [['web'], ['web'], 'app'],
    warnings: [/^Service\/tier does not select by "app", so it also sends to the canary pods/],
  },
  {
    what: 'a cookie that keeps users is warned of',
    services: [web],
    ingresses: at('web').map((each) => ({
      ...each,
      metadata: { ...each.metadata, annotations: { 'nginx.ingress.kubernetes.io/affinity': 'cookie' } },
    })),
    expected: [['web'], ['web'], 'app'],
    warnings: [
      /^Some users stay on stable at any weight, and meet its rolling update: those of Ingress\/web who have its session cookie\. /,
    ],
  },
];

describe('engines/native/plan/make-plan: what is split', () => {
  for (const { what, services, ingresses = at('web'), spec: wanted, expected, warnings = [] } of SPLITS) {
    it(what, () => {
      const made = planned({ services, ingresses }, wanted);
      const { plan } = made;
      assert.deepEqual(
        [plan.services.map(({ stable }) => stable), plan.routes.map(({ stable }) => stable), plan.label.key],
        expected,
      );
      for (const pair of plan.services) assert.equal(pair.canary, `${pair.stable}-canary`);
      for (const { stable, canary } of plan.routes) {
        // two workloads behind one Ingress, promoted at once, have a canary Ingress each
        assert.equal(canary, stable === 'web' ? 'web-canary' : `${stable}-web-canary`);
      }
      assert.equal(plan.label.canary, `${plan.label.stable}-canary`);
      assert.equal(made.warnings.length, warnings.length, made.warnings.join('\n'));
      for (const [index, warning] of warnings.entries()) assert.match(made.warnings[index] ?? '', warning);
    });
  }

  it('warns of who else manages the Deployment', () => {
    const base = deployment('web', FROM, 4);
    const annotations = { 'argocd.argoproj.io/tracking-id': 'x' };
    const managed = { ...base, metadata: { ...base.metadata, annotations } };
    assert.match(planned({ deployments: [managed] }).warnings[0] ?? '', /Argo CD/);
    assert.match(planned({ deployments: [managed] }, { steps: [] }).warnings[0] ?? '', /Argo CD/);
  });
});

describe('engines/native/plan/make-plan', () => {
  it('warns of what the credentials may not read', () => {
    const { warnings } = planned({ unread: ['horizontalpodautoscalers (…)'] });
    assert.deepEqual(warnings, ['The credentials may not read horizontalpodautoscalers (…).']);
  });

  it('says what comes from where, and what it takes', () => {
    const { plan, lines, nothingToDo } = planned();
    assert.equal(nothingToDo, false);
    assert.deepEqual([plan.from, plan.to, plan.canary], [FROM, TO, 'web-canary']);
    assert.deepEqual(lines, [
      `${FROM} → ${TO}`,
      'steps: 10 % for 1m, 50 % for 1m',
      'finish: shift, the canary takes all users while stable is updated',
      'split: Service/web behind Ingress/web, by label app',
      'pods: 4 stable, plus at most 4 of the canary',
    ]);
  });

  const texts: [step: Step, text: string][] = [
    [{ kind: 'weight', weight: 10, holdMs: 60_000, checks: ['a'] }, '10 % for 1m, with check a'],
    [{ kind: 'weight', weight: 10, holdMs: 0, checks: ['a', 'b'] }, '10 %, with checks a and b'],
    [
      {
        kind: 'weight',
        weight: 10,
        holdMs: 60_000,
        untilSure: true,
        mostFailures: 5,
        checks: ['a', 'b', 'c'],
      },
      '10 % until sure, at most 1m, with 5 failed requests at most and checks a, b and c',
    ],
    [
      { kind: 'weight', weight: 10, holdMs: 60_000, mostFailures: 0 },
      '10 % for 1m, with 0 failed requests at most',
    ],
    [{ kind: 'hold', holdMs: 60_000, checks: ['a'] }, 'hold for 1m, with check a'],
    [{ kind: 'hold' }, 'hold'],
  ];
  for (const [step, text] of texts) {
    it(`says of a step: ${text}`, () => {
      const steps: Step[] = [step, { kind: 'weight', weight: 50, holdMs: 60_000 }];
      assert.ok(planned({}, { steps }).lines.includes(`steps: ${text}, 50 % for 1m`));
    });
  }

  it('says what roll risks, and that it needs fewer pods', () => {
    const { lines } = planned({}, { finish: 'roll' });
    assert.match(lines.join('\n'), /finish: roll, .* an app that drops its requests at SIGTERM loses them/);
    assert.match(lines.join('\n'), /pods: 4 stable, plus at most 2 of the canary/);
  });

  it('needs neither Service nor Ingress for a rollout at once', () => {
    const { plan, lines } = planned({ services: [], ingresses: [] }, { steps: [] });
    assert.deepEqual([plan.services, plan.routes], [[], []]);
    assert.deepEqual(lines, [`${FROM} → ${TO}`, 'stable is updated at once, without a canary']);
  });

  it('has nothing to do where the release runs, even where no canary would be possible', () => {
    const deployments = [deployment('web', TO, 4)];
    assert.ok(planned({ deployments }).nothingToDo);
    assert.ok(planned({ deployments, services: [], ingresses: [] }).nothingToDo);
    assert.ok(planned({ deployments: [deployment('web', TO, 0)] }).nothingToDo);
  });

  const containers: [
    what: string,
    images: Record<string, string>,
    named: string | undefined,
    expected: string[],
  ][] = [
    ['the one of the repository', { proxy: 'envoy:1', app: FROM }, undefined, ['app']],
    ['all of the repository', { app: FROM, worker: FROM, log: 'fluent:2' }, undefined, ['app', 'worker']],
    ['the one that is named', { app: FROM, worker: `${REPO}:0.9.0` }, 'worker', ['worker']],
    ['the one that is named, whatever it runs', { app: 'old.example.com/web:1' }, 'app', ['app']],
  ];
  for (const [what, images, container, expected] of containers) {
    it(`gives the image to ${what}`, () => {
      const base = deployment('web', FROM, 4);
      const list = Object.entries(images).map(([name, image]) => ({ name, image }));
      const template = { ...base.spec?.template, spec: { containers: list } };
      const changed = { ...base, spec: { selector: {}, ...base.spec, template } };
      const { plan } = planned({ deployments: [changed] }, { container });
      assert.deepEqual(plan.containers, expected);
      assert.equal(plan.from, images[expected[0] ?? '']);
    });
  }
});

describe('engines/native/plan/make-plan: beside the canary', () => {
  it('puts a baseline behind the stable Services, told apart by its role', () => {
    const { plan, lines } = planned({}, { baseline: true });
    assert.deepEqual(plan.baseline, {
      deployment: 'web-baseline',
      label: { key: 'drone-promote/role', value: 'baseline' },
      services: [],
    });
    assert.ok(
      lines.includes('pods: 4 stable, plus at most 6 of the canary and the baseline'),
      lines.join('\n'),
    );
    assert.equal(planned().plan.baseline, undefined);
  });

  it('has no baseline where stable is rolled at once', () =>
    assert.equal(planned({}, { baseline: true, steps: [] }).plan.baseline, undefined));

  it('puts both versions of an experiment behind Services of their own, and needs no Ingress', () => {
    const { plan, lines } = planned({ ingresses: [byHand] }, { strategy: 'experiment' });
    assert.equal(plan.strategy, 'experiment');
    assert.deepEqual(plan.routes, []);
    assert.deepEqual(plan.services, [{ stable: 'web', canary: 'web-canary' }]);
    assert.deepEqual(plan.baseline, {
      deployment: 'web-baseline',
      label: { key: 'app', value: 'web-baseline' },
      services: [{ stable: 'web', baseline: 'web-baseline' }],
    });
    assert.match(lines.join('\n'), /experiment: both versions run next to stable for 1m, without users/);
    assert.match(lines.join('\n'), /pods: 4 stable, plus 2 of the two versions/);
  });

  it('says which checks Jobs make', () => {
    const job = { image: undefined, command: [], args: [], env: {}, serviceAccount: undefined, timeoutMs: 1 };
    const { plan, lines } = planned({}, { jobs: [{ name: 'smoke', job }] });
    assert.equal(plan.jobs?.[0]?.name, 'smoke');
    assert.ok(lines.includes('before the first user: check smoke'));
  });
});

describe('engines/native/plan/make-plan: stable is ill', () => {
  const one = { services: [web], ingresses: at('web') };
  const ill = (image: string, status: object, replicas = 4) => {
    const base = deployment('web', image, replicas);
    return { ...base, status: { ...base.status, ...status } };
  };
  const late = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
  const atOnce = ['stable is updated at once, without a canary'];
  const cases: [what: string, stable: object, steps: number, warnings: RegExp[], lines?: string[]][] = [
    ['nothing is ill', ill(FROM, {}), 2, []],
    [
      'no pod',
      ill(FROM, { availableReplicas: 0 }),
      0,
      [/^Deployment\/web has no available pod \(0 of 4\)/],
      atOnce,
    ],
    ['its only pod', ill(FROM, { availableReplicas: 0 }, 1), 0, [/\(0 of 1\)/], atOnce],
    [
      'half of its pods',
      ill(FROM, { availableReplicas: 2 }),
      2,
      [/does not serve as it should: 2 of 4 pods/],
    ],
    ['a pod that is renewed', ill(FROM, { availableReplicas: 3 }), 2, []],
    [
      'its last rollout',
      ill(FROM, { replicas: 5, updatedReplicas: 1, conditions: late }),
      2,
      [/its last rollout did not end/],
    ],
    [
      'a rollout of the release that is under way',
      ill(TO, { updatedReplicas: 1 }),
      0,
      [],
      ['stable has this image already; its rollout is followed'],
    ],
  ];
  for (const [what, stable, steps, warnings, lines = []] of cases) {
    it(what, () => {
      const made = planned({ ...one, deployments: [stable] });
      assert.equal(made.plan.steps.length, steps);
      assert.equal(made.warnings.length, warnings.length, made.warnings.join('\n'));
      for (const [index, warning] of warnings.entries()) assert.match(made.warnings[index] ?? '', warning);
      for (const line of lines) assert.ok(made.lines.includes(line), made.lines.join('\n'));
      assert.equal(made.nothingToDo, false);
    });
  }

  it('an experiment has no users, and is made all the same', () => {
    const made = planned(
      { ...one, deployments: [ill(FROM, { availableReplicas: 0 })] },
      { strategy: 'experiment' },
    );
    assert.equal(made.plan.strategy, 'experiment');
    assert.deepEqual(made.warnings, []);
  });
});
