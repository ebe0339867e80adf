import assert from 'node:assert/strict';
import { deployApp, ingressOf, leftovers, paths, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

const POLICIES = '/apis/admissionregistration.k8s.io/v1';

export const scenarios: Scenario[] = [
  {
    name: 'a policy of the cluster against the canary Ingress refuses before anything is made',
    only: 'lab',
    async run(world) {
      const name = `tls-${world.namespace}`;
      const match = {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': world.namespace } },
        resourceRules: [
          {
            apiGroups: ['networking.k8s.io'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['ingresses'],
          },
        ],
      };
      const validations = [{ expression: 'has(object.spec.tls)', message: 'TLS must be defined' }];
      await deployApp(world);
      const load = await world.load();
      await world.api.create(`${POLICIES}/validatingadmissionpolicies`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: { failurePolicy: 'Fail', matchConstraints: match, validations },
      });
      await world.api.create(`${POLICIES}/validatingadmissionpolicybindings`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      });
      const { ingresses } = paths(world.namespace);
      const probe = ingressOf('probe', `probe.${world.host}`, [['/', 'web']]);
      await world.until('the policy is in force', async () => {
        const denied = (error: Error) => /TLS must be defined/.test(error.message);
        return world.api.create(`${ingresses}?dryRun=All`, probe).then(() => false, denied);
      });
      for (const dry_run of [true, false]) {
        const step = await world.step({ ...SETTINGS, dry_run }).done;
        assert.equal(step.code, 2, step.log);
        assert.match(
          step.log,
          /REFUSED +\(admission\) The cluster does not accept Ingress\/web-canary: .*TLS must be defined/,
        );
        assert.deepEqual(await leftovers(world), []);
      }
      await load.stop();
      await world.api.delete(`${POLICIES}/validatingadmissionpolicybindings/${name}`);
      await world.api.delete(`${POLICIES}/validatingadmissionpolicies/${name}`);
    },
  },
];
