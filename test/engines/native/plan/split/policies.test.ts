import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { makePlan } from '../../../../../src/engines/native/plan/make-plan.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { ownLabels } from '../../../../../src/workload/canary-copy.ts';
import { type Given, inventory, spec } from '../../fixtures.ts';

const WEB = { matchLabels: { app: 'web' } };
const NAME = 'kubernetes.io/metadata.name';

function policy(name: string, spec: NetworkPolicy['spec'], namespace = 'shop'): NetworkPolicy {
  return { metadata: { name, namespace }, ...(spec ? { spec } : {}) };
}
const from = (peer: object, selected: object = {}): NetworkPolicy['spec'] => ({
  podSelector: selected,
  ingress: [{ from: [peer] }],
});
const without = (operator: string) => ({ matchExpressions: [{ key: 'app', operator, values: ['web'] }] });
const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { [NAME]: name } },
  podSelector: WEB,
});
const budget = (name: string, selector: object): PodDisruptionBudget => ({
  metadata: { name, namespace: 'shop' },
  spec: { maxUnavailable: 1, selector },
});

interface Case {
  what: string;
  given: Partial<Given>;
  /** Names of the copies. */
  copies?: string[];
  refused?: RegExp;
  warned?: RegExp;
}

const CASES: Case[] = [
  { what: 'no policy', given: {} },
  { what: 'a policy for all pods', given: { networkPolicies: [policy('all', { podSelector: {} })] } },
  {
    what: 'a policy of other pods',
    given: { networkPolicies: [policy('db', { podSelector: { matchLabels: { app: 'db' } } })] },
  },
  {
    what: 'a policy by a label that the canary has too',
    given: { networkPolicies: [policy('front', { podSelector: { matchLabels: { tier: 'front' } } })] },
  },
  {
    what: 'a policy that selects stable',
    given: { networkPolicies: [policy('web', { podSelector: WEB })] },
    copies: ['web-canary'],
  },
  {
    what: 'a policy that selects stable by an expression',
    given: { networkPolicies: [policy('front', { podSelector: without('In') })] },
    copies: ['front-web-canary'],
  },
  {
    what: 'a policy of others that lets stable in',
    given: {
      networkPolicies: [policy('redis', from({ podSelector: WEB }, { matchLabels: { app: 'redis' } }))],
    },
    copies: ['redis-web-canary'],
  },
  {
    what: 'a policy of others that lets them out to stable',
    given: {
      networkPolicies: [policy('api', { podSelector: {}, egress: [{ to: [{ podSelector: WEB }] }] })],
    },
    copies: ['api-web-canary'],
  },
  {
    what: 'a policy that lets pods of another namespace in, which have the same label',
    given: { networkPolicies: [policy('db', from(inNamespace('elsewhere')))] },
  },
  {
    what: 'a policy that names its own namespace',
    given: { networkPolicies: [policy('db', from(inNamespace('shop')))] },
    copies: ['db-web-canary'],
  },
  {
    what: 'a policy that isolates all pods but stable',
    given: { networkPolicies: [policy('closed', { podSelector: without('NotIn') })] },
    refused: /^NetworkPolicy\/closed selects the canary's pods and not stable's/,
  },
  {
    what: 'the same, if stable is isolated by a policy of its own, of which the canary gets a copy',
    given: {
      networkPolicies: [
        policy('closed', { podSelector: without('NotIn') }),
        policy('web', { podSelector: WEB }),
      ],
    },
    copies: ['web-canary'],
  },
  {
    what: 'the same for what goes out, if stable is isolated for what comes in',
    given: {
      networkPolicies: [
        policy('closed', { podSelector: without('NotIn'), policyTypes: ['Egress'] }),
        policy('web', { podSelector: WEB, policyTypes: ['Ingress'] }),
      ],
    },
    refused: /^NetworkPolicy\/closed selects the canary's pods and not stable's/,
  },
  {
    what: 'a policy of another namespace',
    given: { foreignPolicies: [policy('db', from(inNamespace('shop')), 'data')] },
    refused:
      /^NetworkPolicy\/db of namespace data lets stable's pods through by app=web, and not the canary's/,
  },
  {
    what: 'a policy of another namespace that lets stable of all namespaces in',
    given: { foreignPolicies: [policy('db', from({ namespaceSelector: {}, podSelector: WEB }), 'data')] },
    refused: /^NetworkPolicy\/db of namespace data/,
  },
  {
    what: 'a policy of another namespace that chooses namespaces by labels of people',
    given: {
      foreignPolicies: [
        policy('db', from({ namespaceSelector: { matchLabels: { team: 'a' } }, podSelector: WEB }), 'data'),
      ],
    },
    warned: /^NetworkPolicy\/db of namespace data may let stable's pods in and not the canary's/,
  },
  {
    what: 'a policy of another namespace about pods there',
    given: { foreignPolicies: [policy('db', from({ podSelector: WEB }), 'data')] },
  },
  {
    what: 'a policy of another namespace that lets this whole one in',
    given: {
      foreignPolicies: [
        policy('db', from({ namespaceSelector: { matchLabels: { [NAME]: 'shop' } } }), 'data'),
      ],
    },
  },
  {
    what: 'a copy of an earlier run',
    given: {
      networkPolicies: [
        policy('web', { podSelector: WEB }),
        {
          ...policy('web-canary', { podSelector: WEB }),
          metadata: { name: 'web-canary', namespace: 'shop', labels: ownLabels('web') },
        },
      ],
    },
    copies: ['web-canary'],
  },
  {
    what: 'a copy whose name is taken',
    given: {
      networkPolicies: [policy('web', { podSelector: WEB }), policy('web-canary', { podSelector: {} })],
    },
    refused: /^NetworkPolicy\/web-canary already exists, but drone-promote did not create it/,
  },
  { what: 'a budget of stable', given: { budgets: [budget('web', WEB)] }, copies: ['web-canary'] },
  { what: 'a budget of others', given: { budgets: [budget('db', { matchLabels: { app: 'db' } })] } },
  {
    what: 'a budget that covers both',
    given: { budgets: [budget('all', { matchLabels: { tier: 'front' } })] },
  },
  {
    what: 'two budgets, of which one covers both: a pod may have one',
    given: { budgets: [budget('web', WEB), budget('all', { matchLabels: { tier: 'front' } })] },
  },
];

describe('engines/native/plan/split/policies', () => {
  for (const { what, given, copies = [], refused, warned } of CASES) {
    const answer = refused ? 'refuses' : warned ? 'warns of' : copies.length > 0 ? 'copies' : 'leaves alone';
    it(`${answer} ${what}`, () => {
      const made = makePlan(spec(), inventory(given), [nginx]);
      if (refused) {
        assert.ok('refusals' in made);
        assert.deepEqual(
          made.refusals.map(({ message }) => refused.test(message)),
          [true],
        );
        return;
      }
      assert.ok('plan' in made, JSON.stringify(made));
      assert.deepEqual(
        (made.plan.policies ?? []).map(({ canary }) => canary),
        copies,
      );
      assert.deepEqual(
        made.warnings.map((each) => warned?.test(each)),
        warned ? [true] : [],
      );
    });
  }

  it('looks at nothing if nothing is split', () => {
    const made = makePlan(
      spec({ steps: [] }),
      inventory({ networkPolicies: [policy('web', { podSelector: WEB })] }),
      [nginx],
    );
    assert.ok('plan' in made);
    assert.equal(made.plan.policies, undefined);
  });

  it('lets both versions of an experiment through, and gives them no budget: they have no users', () => {
    const given = { networkPolicies: [policy('web', { podSelector: WEB })], budgets: [budget('web', WEB)] };
    const made = makePlan(spec({ strategy: 'experiment' }), inventory(given), [nginx]);
    assert.ok('plan' in made);
    assert.deepEqual(made.plan.policies, [{ kind: 'NetworkPolicy', stable: 'web', canary: 'web-canary' }]);
  });
});
