import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, leftovers, SETTINGS } from '../../../e2e/app.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { Policy } from '../../sim/api-server/admission.ts';
import type { Any } from '../../sim/api-server/store.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

const hostsOf = ({ spec }: Any): string[] => (spec?.rules ?? []).flatMap(({ host }: Any) => host ?? []);

/** Policies as people have them; each denies one of the objects that a promotion makes. */
const POLICIES: Record<string, { policy: Policy; words: RegExp }> = {
  'hosts must be unique': {
    policy: ({ verb, resource, object, store }) =>
      verb === 'create' &&
      resource === 'ingresses' &&
      store.list('ingresses').some((other) => hostsOf(other).some((host) => hostsOf(object).includes(host)))
        ? 'The Ingress host name must be unique.'
        : undefined,
    words: /does not accept Ingress\/web-canary: admission webhook .* must be unique\./,
  },
  'hosts must have TLS': {
    policy: ({ resource, object }) =>
      resource === 'ingresses' && !object.spec.tls ? 'TLS must be defined.' : undefined,
    words: /does not accept Ingress\/web-canary: .*TLS must be defined\./,
  },
  'Deployments must have a team': {
    policy: ({ resource, object }) =>
      resource === 'deployments' && !object.metadata.labels?.team ? 'label team is required' : undefined,
    words: /does not accept Deployment\/web-canary: .*label team is required/,
  },
  'Services are made by the platform alone': {
    policy: ({ verb, resource }) =>
      verb === 'create' && resource === 'services' ? 'ask the platform team' : undefined,
    words: /does not accept Service\/web-canary: .*ask the platform team/,
  },
};

async function asked(world: SimWorld, more: Record<string, unknown> = {}) {
  return world.step({ ...SETTINGS, ...more }).done;
}

describe('engines/native/admission', () => {
  for (const [what, { policy, words }] of Object.entries(POLICIES)) {
    for (const dry_run of [false, true]) {
      it(`refuses with the words of a policy, before anything is made: ${what}${dry_run ? ', in a dry run' : ''}`, () =>
        inSimWorld(rbacRules(), async (world) => {
          await deployApp(world);
          await world.load();
          world.cluster.admission.add(policy);
          const before = world.cluster.store.version();
          const step = await asked(world, { dry_run });
          assert.equal(step.code, 2, step.log);
          assert.match(step.log, /REFUSED +\(admission\)/);
          assert.match(step.log, words);
          assert.deepEqual(await leftovers(world), []);
          assert.equal(world.cluster.store.version(), before, 'nothing was written');
        }));
    }
  }

  it('asks for the copy of a policy of the network, too', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      await world.load();
      await world.api.create(`/apis/networking.k8s.io/v1/namespaces/${world.namespace}/networkpolicies`, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'web' },
        spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] },
      });
      world.cluster.admission.add(({ verb, resource }) =>
        verb === 'create' && resource === 'networkpolicies' ? 'ask the security team' : undefined,
      );
      const step = await asked(world);
      assert.equal(step.code, 2, step.log);
      assert.match(step.log, /does not accept NetworkPolicy\/web-canary: .*ask the security team/);
      assert.deepEqual(await leftovers(world), []);
    }));

  it('names all that is denied at once', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      await world.load();
      for (const { policy } of Object.values(POLICIES)) world.cluster.admission.add(policy);
      const step = await asked(world);
      for (const object of ['Ingress', 'Service', 'Deployment']) {
        assert.match(step.log, new RegExp(`The cluster does not accept ${object}/web-canary`));
      }
    }));

  it('promotes if a policy is about others', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      await world.load();
      world.cluster.admission.add(({ object }) => (object.metadata.name === 'api' ? 'no' : undefined));
      const step = await asked(world);
      assert.equal(step.code, 0, step.log);
    }));

  it('a dry run without the right to create is shown all the same', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      await world.load();
      const few = rbacRules().map((rule) => ({
        ...rule,
        verbs: rule.verbs.filter((verb) => ['get', 'list', 'watch'].includes(verb)),
      }));
      const step = await asked(world, { dry_run: true, kubeconfig: await world.kubeconfig(few) });
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /SHOWN/);
    }));
});
