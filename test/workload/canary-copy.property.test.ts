import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import { canaryDeployment } from '../../src/workload/canary-copy.ts';
import { withoutTracking } from '../../src/workload/ownership.ts';

const LABEL = { key: 'app', stable: 'web', canary: 'web-canary' };
const NEW = 'web:2';

/** Values that are met on purpose: the label's own, which may stand elsewhere too and must stay there. */
const word = fc.constantFrom('web', 'api', 'x');
const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'constructor'), word);
const annotations = fc.dictionary(
  fc.constantFrom('keel.sh/policy', 'prometheus.io/port', 'app', 'kubectl.kubernetes.io/restartedAt'),
  word,
);
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: labels,
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.array(word),
      }),
    ),
  },
  { requiredKeys: [] },
);
const term = fc.record({ topologyKey: word, labelSelector: selector });
const container = (...names: string[]): fc.Arbitrary<Container> =>
  fc.record(
    {
      name: fc.constantFrom(...names),
      image: fc.constantFrom('web:1', 'envoy:1'),
      args: fc.array(word),
      env: fc.array(fc.record({ name: word, value: word })),
      resources: fc.record({ limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), word) }),
    },
    { requiredKeys: ['name', 'image'] },
  );
const template: fc.Arbitrary<PodTemplateSpec> = fc.record({
  metadata: fc.record({ labels, annotations, finalizers: fc.array(word) }, { requiredKeys: ['labels'] }),
  spec: fc.record(
    {
      containers: fc.array(container('app', 'proxy')),
      initContainers: fc.array(container('migrate', 'wait')),
      nodeSelector: fc.constant({ app: 'web' }),
      serviceAccountName: word,
      volumes: fc.array(fc.record({ name: word, configMap: fc.record({ name: word }) })),
      affinity: fc.record({
        podAntiAffinity: fc.record({ requiredDuringSchedulingIgnoredDuringExecution: fc.array(term) }),
      }),
      topologySpreadConstraints: fc.array(
        fc.record({ maxSkew: fc.nat(), topologyKey: word, whenUnsatisfiable: word, labelSelector: selector }),
      ),
    },
    { requiredKeys: ['containers'] },
  ),
});

function canaryOf(given: PodTemplateSpec): PodTemplateSpec {
  const stable: Deployment = {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: given },
  };
  const canary = canaryDeployment(stable, 'web-canary', LABEL, { app: NEW, migrate: NEW }, 1);
  assert.ok(canary.spec);
  return canary.spec.template;
}

/** A template without what may differ: the label's value where pods are spoken of, images of the release, tracking. */
function blurred({ metadata, spec }: PodTemplateSpec): unknown {
  const { annotations: given, ...rest } = metadata ?? {};
  const { affinity, topologySpreadConstraints, containers = [], initContainers, ...others } = spec ?? {};
  const images = (each: Container) =>
    ['app', 'migrate'].includes(each.name) ? { ...each, image: '' } : each;
  const about = (node: unknown) => JSON.parse(JSON.stringify(node ?? null).replaceAll('web-canary', 'web'));
  return {
    metadata: { ...rest, labels: { ...rest.labels, app: '' } },
    annotations: withoutTracking(given),
    containers: containers.map(images),
    initContainers: initContainers?.map(images),
    affinity: about(affinity),
    topologySpreadConstraints: about(topologySpreadConstraints),
    ...others,
  };
}

describe('workload/canary-copy', () => {
  it("makes the canary's template stable's, but for the image, the label and tracking annotations", () => {
    fc.assert(fc.property(template, (given) => assert.deepEqual(blurred(canaryOf(given)), blurred(given))));
  });

  it('gives every container of the release the new image', () => {
    fc.assert(
      fc.property(template, (given) => {
        const { spec } = canaryOf(given);
        for (const { name, image } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
          if (name === 'app' || name === 'migrate') assert.equal(image, NEW);
          else assert.notEqual(image, NEW);
        }
      }),
    );
  });

  it("leaves no selector of affinity or spread that speaks of stable's value", () => {
    fc.assert(
      fc.property(template, (given) => {
        const { affinity, topologySpreadConstraints = [] } = canaryOf(given).spec ?? {};
        const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
        for (const { labelSelector } of [...terms, ...topologySpreadConstraints]) {
          assert.notEqual(labelSelector?.matchLabels?.app, LABEL.stable);
          for (const { key, values } of labelSelector?.matchExpressions ?? [])
            if (key === LABEL.key) assert.ok(!values?.includes(LABEL.stable));
        }
      }),
    );
  });
});
