import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploymentOf, ingressOf, serviceOf } from '../../../../e2e/app.ts';
import { ApiError } from '../../../../src/cluster/api-error.ts';
import type { Cluster } from '../../../../src/cluster/client.ts';
import type { KubeObject, Resource } from '../../../../src/cluster/resource.ts';
import { readBase } from '../../../../src/engines/argo/bootstrap/inspect.ts';
import { bootstrapObjects } from '../../../../src/engines/argo/bootstrap/objects.ts';
import { rolloutOrNone } from '../../../../src/engines/argo/rollout/template.ts';
import type { Step } from '../../../../src/settings/steps.ts';

const STEPS: Step[] = [
  { kind: 'weight', weight: 10, holdMs: 90_000 },
  { kind: 'hold' },
  { kind: 'weight', weight: 50, holdMs: 0 },
];

type Any = ReturnType<typeof deploymentOf>;

/** A namespace with these objects; classes may not be read. */
function clusterWith(objects: Record<string, Any[]>): Cluster {
  return {
    namespace: 'shop',
    get: async ({ plural }: Resource<KubeObject>, name: string) =>
      objects[plural]?.find(({ metadata }) => metadata.name === name),
    list: async ({ plural }: Resource<KubeObject>) => {
      if (plural === 'ingressclasses') throw new ApiError(403, 'Forbidden', 'no');
      return { items: objects[plural] ?? [], resourceVersion: '1' };
    },
  } as Partial<Cluster> as Cluster;
}

const web = (over: Any = {}): Any => {
  const deployment = deploymentOf('1.0.0', 4);
  return { ...deployment, metadata: { ...deployment.metadata, namespace: 'shop', ...over } };
};
const SHOP = {
  deployments: [web()],
  services: [serviceOf('web', 'web'), serviceOf('other', 'other'), serviceOf('inside', 'web')],
  ingresses: [ingressOf('web', 'shop.example.com', [['/', 'web']])],
};

describe('a Rollout out of a Deployment', () => {
  it('takes the Service that an Ingress sends to, and the steps', async () => {
    const { rollout, canaryService } = bootstrapObjects(await readBase(clusterWith(SHOP), 'web', [], STEPS));
    assert.deepEqual(rollout.spec, {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      strategy: {
        canary: {
          stableService: 'web',
          canaryService: 'web-canary',
          trafficRouting: { nginx: { stableIngress: 'web' } },
          steps: [{ setWeight: 10 }, { pause: { duration: '90s' } }, { pause: {} }, { setWeight: 50 }],
        },
      },
    });
    assert.deepEqual(canaryService?.spec, {
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    });
  });

  it('is split by the number of its pods where no Ingress sends to it', async () => {
    const base = await readBase(clusterWith({ ...SHOP, ingresses: [] }), 'web', [], STEPS);
    assert.equal(bootstrapObjects(base).rollout.spec?.strategy?.canary?.trafficRouting, undefined);
    assert.match(
      base.warnings.join('\n'),
      /No Ingress of ingress-nginx and no Gateway route leads to the Deployment/,
    );
  });

  it('names every Ingress that sends to the Service', async () => {
    const ingresses = [...SHOP.ingresses, ingressOf('two', 'b.example.com', [['/', 'web']])];
    const base = await readBase(clusterWith({ ...SHOP, ingresses }), 'web', [], STEPS);
    const { trafficRouting } = bootstrapObjects(base).rollout.spec?.strategy?.canary ?? {};
    assert.deepEqual(trafficRouting, { nginx: { stableIngresses: ['web', 'two'] } });
  });

  // Go's strconv.ParseBool, by which ingress-nginx reads its annotations
  for (const word of ['1', 't', 'T', 'true', 'True', 'TRUE']) {
    it(`does not take a canary Ingress for one of its own (canary: "${word}")`, async () => {
      const canary = ingressOf('web-test', 'shop.example.com', [['/', 'web']]);
      canary.metadata.annotations = { 'nginx.ingress.kubernetes.io/canary': word };
      const ingresses = [...SHOP.ingresses, canary];
      const base = await readBase(clusterWith({ ...SHOP, ingresses }), 'web', [], STEPS);
      const { trafficRouting } = bootstrapObjects(base).rollout.spec?.strategy?.canary ?? {};
      assert.deepEqual(trafficRouting, { nginx: { stableIngress: 'web' } });
    });
  }

  it('tells what others have a hand in', async () => {
    const owned = web({
      annotations: { 'meta.helm.sh/release-name': 'shop', 'argocd.argoproj.io/tracking-id': 'x' },
    });
    const autoscaler = {
      metadata: { name: 'scale' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const budget: Any = { metadata: { name: 'keep' }, spec: { selector: { matchLabels: { app: 'web' } } } };
    const objects = {
      ...SHOP,
      deployments: [owned],
      horizontalpodautoscalers: [autoscaler],
      poddisruptionbudgets: [budget],
    };
    const { warnings } = await readBase(clusterWith(objects), 'web', [], STEPS);
    assert.equal(warnings.length, 4);
    assert.match(warnings[0] ?? '', /HorizontalPodAutoscaler\/scale .*kubectl -n shop patch hpa scale/);
    assert.match(warnings[1] ?? '', /Helm \(release shop\)/);
    assert.match(warnings[2] ?? '', /^Argo CD owns the Deployment \(argocd\.argoproj\.io\/tracking-id\)/);
    assert.match(warnings[3] ?? '', /PodDisruptionBudget\/keep also selects/);
  });

  const scaled = (spec: object) => [{ ...web(), spec: { ...web().spec, ...spec } }];
  const refusals: [what: string, objects: Record<string, Any[]>, service: string[], code: string][] = [
    ['no Deployment', { ...SHOP, deployments: [] }, [], 'workload'],
    ['a paused one', { ...SHOP, deployments: scaled({ paused: true }) }, [], 'paused'],
    ['one without pods', { ...SHOP, deployments: scaled({ replicas: 0 }) }, [], 'replicas'],
    ['a Service that is not there', SHOP, ['shop'], 'service'],
    ['two Services', SHOP, ['web', 'inside'], 'service'],
    [
      'two Services behind Ingresses',
      {
        ...SHOP,
        ingresses: [
          ingressOf('web', 'a', [
            ['/', 'web'],
            ['/in', 'inside'],
          ]),
        ],
      },
      [],
      'service',
    ],
  ];
  for (const [what, objects, service, code] of refusals) {
    it(`refuses ${what}`, () =>
      assert.rejects(readBase(clusterWith(objects), 'web', service, STEPS), { code }));
  }
});

describe('a cluster that does not know Rollouts', () => {
  it('is told from one that has not this one, with the commands that install them', async () => {
    const cluster = {
      get: async () => {
        throw new ApiError(404, '', 'GET …: the API server answered 404.');
      },
    } as Partial<Cluster> as Cluster;
    await assert.rejects(rolloutOrNone(cluster, 'web'), {
      code: 'argo-rollouts',
      hint: /kubectl apply -n argo-rollouts[\s\S]*helm install/,
    });
    assert.equal(await rolloutOrNone(clusterWith({}), 'web'), undefined);
  });
});
