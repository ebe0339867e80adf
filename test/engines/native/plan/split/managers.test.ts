import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ManagedFieldsEntry } from 'kubernetes-types/meta/v1';
import { makePlan } from '../../../../../src/engines/native/plan/make-plan.ts';
import { managedBy } from '../../../../../src/engines/native/plan/split/managers.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, inventory, spec } from '../../fixtures.ts';

describe('engines/native/plan/split/managers: managedBy', () => {
  const cases: [what: string, labels: object, annotations: object, expected: RegExp | undefined][] = [
    ['nobody', { app: 'web' }, { 'deployment.kubernetes.io/revision': '3' }, undefined],
    [
      'Argo CD',
      {},
      { 'argocd.argoproj.io/tracking-id': 'x' },
      /^Argo CD manages Deployment\/web: .*unless Git/,
    ],
    ['Argo CD by label', { 'argocd.argoproj.io/instance': 'x' }, {}, /^Argo CD manages/],
    [
      'Flux, kustomize',
      { 'kustomize.toolkit.fluxcd.io/name': 'x' },
      {},
      /^Flux manages Deployment\/web: .*unless Git/,
    ],
    [
      'Flux, helm',
      { 'helm.toolkit.fluxcd.io/name': 'x' },
      { 'meta.helm.sh/release-name': 'x' },
      /^Flux manages/,
    ],
    [
      'Helm',
      {},
      { 'meta.helm.sh/release-name': 'x' },
      /^Helm installed Deployment\/web: the next `helm upgrade` sets/,
    ],
    ['a name that only looks like it', { 'example.com/argocd.argoproj.io': 'x' }, {}, undefined],
  ];
  for (const [what, labels, annotations, expected] of cases) {
    it(what, () => {
      const base = deployment('web', FROM, 4);
      const warnings = managedBy({
        ...base,
        metadata: { ...base.metadata, labels: { ...labels }, annotations: { ...annotations } },
      });
      assert.equal(warnings.length, expected ? 1 : 0);
      if (expected) assert.match(warnings[0] ?? '', expected);
    });
  }
});

describe('engines/native/plan/split/managers: by what they write', () => {
  const entry = (manager: string, operation: string, fields: object): ManagedFieldsEntry => ({
    manager,
    operation,
    fieldsV1: fields,
  });
  const SPEC = { 'f:spec': { 'f:template': {} } };
  const HELM = { 'meta.helm.sh/release-name': 'shop' };
  const cases: [
    what: string,
    entries: ManagedFieldsEntry[],
    annotations: object,
    expected: RegExp | undefined,
  ][] = [
    ['Argo CD', [entry('argocd-controller', 'Apply', SPEC)], {}, /^Argo CD manages .*unless Git/],
    ['Argo CD, before it applied', [entry('argocd-application-controller', 'Update', SPEC)], {}, /Argo CD/],
    ['Flux', [entry('kustomize-controller', 'Apply', SPEC)], {}, /^Flux manages/],
    ['Rancher Fleet', [entry('fleetagent', 'Update', SPEC)], {}, /^Rancher Fleet manages/],
    [
      'Terraform',
      [entry('Terraform', 'Apply', SPEC)],
      {},
      /^Terraform manages .*its next run sets the image/,
    ],
    ['a manager that says no fields', [{ manager: 'argocd-controller' }], {}, /Argo CD/],
    ['Helm 3', [entry('helm', 'Update', SPEC)], HELM, /^Helm installed .*the next `helm upgrade` sets/],
    [
      'Helm 4',
      [entry('helm', 'Apply', SPEC)],
      HELM,
      /^Helm 4 installed .* fails with a conflict .*--force-conflicts/,
    ],
    ['Helm by Flux', [entry('helm-controller', 'Apply', SPEC)], HELM, /^Flux manages/],
    ['a person', [entry('kubectl-client-side-apply', 'Update', SPEC)], {}, undefined],
    [
      'the controller of Deployments',
      [entry('kube-controller-manager', 'Update', { 'f:status': {} })],
      {},
      undefined,
    ],
    [
      'Argo CD, of annotations alone',
      [entry('argocd-controller', 'Apply', { 'f:metadata': {} })],
      {},
      undefined,
    ],
    ['this program', [entry('drone-promote', 'Update', SPEC)], {}, undefined],
  ];
  for (const [what, managedFields, annotations, expected] of cases) {
    it(what, () => {
      const base = deployment('web', FROM, 4);
      const metadata = { ...base.metadata, managedFields, annotations: { ...annotations } };
      const warnings = managedBy({ ...base, metadata });
      assert.equal(warnings.length, expected ? 1 : 0);
      if (expected) assert.match(warnings[0] ?? '', expected);
    });
  }
});

describe('engines/native/plan/split/managers: of an autoscaler', () => {
  const hpa = (metadata: object) => ({
    metadata: { name: 'web', ...metadata },
    spec: { maxReplicas: 9, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
  });
  const owner = {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    name: 'web',
    uid: 'u',
    controller: true,
  };
  const cases: [what: string, metadata: object, isHeld: boolean, expected: RegExp | undefined][] = [
    ['nobody', {}, true, undefined],
    [
      'KEDA, whose ScaledObjects may not be read',
      { ownerReferences: [owner] },
      false,
      /belongs to ScaledObject\/web, .* it is not held, .* Grant the right to list, watch and update scaledobjects/,
    ],
    [
      'another controller',
      { ownerReferences: [{ ...owner, kind: 'App' }] },
      false,
      /belongs to App\/web, .* Raise the minimum in App\/web/,
    ],
    [
      'an owner that is not its controller',
      { ownerReferences: [{ ...owner, controller: false }] },
      true,
      undefined,
    ],
    [
      'Argo CD',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } },
      true,
      /^Argo CD manages HorizontalPodAutoscaler\/web, and may restore its minimum/,
    ],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'x' } }, true, undefined],
  ];
  for (const [what, metadata, isHeld, expected] of cases) {
    it(what, () => {
      const made = makePlan(spec(), inventory({ autoscalers: [hpa(metadata)] }), [nginx]);
      assert.ok('plan' in made);
      assert.equal(made.plan.autoscaler !== undefined, isHeld);
      assert.deepEqual(
        made.warnings.map((each) => expected?.test(each)),
        expected ? [true] : [],
      );
    });
  }

  const scaled = (target: object) => ({ metadata: { name: 'shop-web' }, spec: { scaleTargetRef: target } });
  const targets: [what: string, target: object, isHeld: boolean][] = [
    ['KEDA scales the Deployment', { kind: 'Deployment', name: 'web' }, true],
    ['the kind of the target is Deployment by default', { name: 'web' }, true],
    ['KEDA scales another Deployment', { name: 'api' }, false],
    ['KEDA scales a StatefulSet of the same name', { kind: 'StatefulSet', name: 'web' }, false],
  ];
  for (const [what, target, isHeld] of targets) {
    it(`${what}: its ScaledObject is ${isHeld ? 'paused, and the autoscaler of KEDA is not written' : 'left alone'}`, () => {
      const autoscalers = isHeld ? [hpa({ name: 'keda-hpa-shop-web', ownerReferences: [owner] })] : [];
      const made = makePlan(spec(), inventory({ autoscalers, scaledObjects: [scaled(target)] }), [nginx]);
      assert.ok('plan' in made);
      assert.deepEqual(made.plan.autoscaler, isHeld ? { kind: 'ScaledObject', name: 'shop-web' } : undefined);
      assert.deepEqual(made.warnings, []);
      assert.equal(
        /KEDA pauses ScaledObject\/shop-web at stable's number/.test(made.lines.join('\n')),
        isHeld,
      );
    });
  }

  it('is no matter if users stay on stable', () => {
    const made = makePlan(
      spec({ finish: 'roll' }),
      inventory({ autoscalers: [hpa({ ownerReferences: [owner] })] }),
      [nginx],
    );
    assert.ok('plan' in made);
    assert.deepEqual(made.warnings, []);
  });
});
