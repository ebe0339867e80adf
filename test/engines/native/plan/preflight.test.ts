import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { PersistentVolumeClaim, PodSpec } from 'kubernetes-types/core/v1';
import { preflightFaults } from '../../../../src/engines/native/plan/preflight.ts';
import type { PromotionSpec } from '../../../../src/engines/native/plan/spec.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, type Given, inventory, spec } from '../fixtures.ts';

type Spec = Partial<Deployment['spec']>;
const web = (over: Spec = {}) => deployment('web', FROM, 4, over);
const withPod = (pod: Partial<PodSpec>): Deployment => {
  const base = web();
  const spec = { containers: [{ name: 'app', image: FROM }], ...pod };
  return { ...base, spec: { selector: {}, ...base.spec, template: { ...base.spec?.template, spec } } };
};
const rolling = (maxUnavailable: string | number, replicas = 4, maxSurge: string | number = 1) =>
  web({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } });
const hostPort = (port: number) =>
  withPod({ containers: [{ name: 'app', ports: [{ containerPort: 80, hostPort: port }] }] });
const mounting = withPod({ volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] });
const claim = (name: string, ...accessModes: string[]): PersistentVolumeClaim => ({
  metadata: { name },
  spec: { accessModes },
});
interface Case {
  what: string;
  deployment: Deployment;
  inventory?: Partial<Given>;
  spec?: Partial<PromotionSpec>;
  code: string;
  message: RegExp;
  hint: RegExp;
  /** It stands against a rollout without a canary too. */
  always?: true;
}

const UNFIT: Case[] = [
  {
    what: 'paused',
    deployment: web({ paused: true }),
    code: 'paused',
    message: /^Deployment\/web is paused, so its controller would not roll out the new image\.$/,
    hint: /kubectl -n shop rollout resume deployment web/,
    always: true,
  },
  {
    what: 'no replicas',
    deployment: web({ replicas: 0 }),
    code: 'replicas',
    message: /Deployment\/web has 0 replicas/,
    hint: /Scale it up/,
    always: true,
  },
  {
    what: 'Recreate',
    deployment: web({ strategy: { type: 'Recreate' } }),
    code: 'recreate',
    message: /has the strategy Recreate, so two of its versions must not run at once/,
    hint: /RollingUpdate/,
  },
  {
    what: 'a host port',
    deployment: hostPort(8080),
    code: 'host-port',
    message: /use host port 8080, so a canary pod could not start on the same node/,
    hint: /Remove the host port/,
  },
  {
    what: "the host's network",
    deployment: withPod({ hostNetwork: true }),
    code: 'host-port',
    message: /use the host's network/,
    hint: /Remove/,
  },
  {
    what: 'a ReadWriteOnce claim',
    deployment: mounting,
    inventory: { claims: [claim('data', 'ReadWriteOnce')] },
    code: 'volume',
    message: /mounts the volume claim data, which is ReadWriteOnce/,
    hint: /ReadWriteMany/,
  },
  {
    what: 'a ReadWriteOncePod claim',
    deployment: mounting,
    inventory: { claims: [claim('data', 'ReadWriteOncePod')] },
    code: 'volume',
    message: /volume claim data/,
    hint: /ReadOnlyMany/,
  },
  {
    what: 'maxUnavailable 100 %',
    deployment: rolling('100%'),
    code: 'max-unavailable',
    message: /may end all 4 of its pods before a new one is ready \(maxUnavailable: 100%, maxSurge: 1\)/,
    hint: /503 while no stable pod is ready.*Set maxSurge to 1 and maxUnavailable to 0/,
  },
  {
    what: 'maxUnavailable of as many pods as there are',
    deployment: rolling(4),
    code: 'max-unavailable',
    message: /all 4 of its pods .*maxUnavailable: 4/,
    hint: /503/,
  },
  {
    what: 'maxUnavailable 1 of one pod',
    deployment: rolling(1, 1),
    code: 'max-unavailable',
    message: /its only pod .*maxUnavailable: 1,/,
    hint: /503/,
  },
  {
    what: 'no surge, and 25 % of one pod, which rounds down to 0: Kubernetes then takes one',
    deployment: rolling('25%', 1, 0),
    code: 'max-unavailable',
    message: /A rollout of Deployment\/web may end its only pod .*maxUnavailable: 25%, maxSurge: 0\)/,
    hint: /503/,
  },
  {
    what: 'no surge in percent, and 99 % of one pod',
    deployment: rolling('99%', 1, '0%'),
    code: 'max-unavailable',
    message: /its only pod .*maxSurge: 0%\)/,
    hint: /503/,
  },
];

const FIT: [
  what: string,
  deployment: Deployment,
  inventory?: Partial<Given>,
  spec?: Partial<PromotionSpec>,
][] = [
  ['nothing special', web()],
  ['replicas not said: one', { ...web(), spec: { selector: {}, template: {} } }],
  ['host port 0, which is none', hostPort(0)],
  ['maxUnavailable 99 %', rolling('99%')],
  ['maxUnavailable 3 of 4', rolling(3)],
  ['maxUnavailable 50 % of one pod, which rounds down', rolling('50%', 1)],
  ['no surge, 25 % of three pods: one of them goes first', rolling('25%', 3, 0)],
  ['no surge, 40 % of two pods: one of them goes first', rolling('40%', 2, '0%')],
  ['1 % surge of one pod, which rounds up', rolling('25%', 1, '1%')],
  ['a ReadWriteMany claim', mounting, { claims: [claim('data', 'ReadWriteMany')] }],
  ['a claim that may be either', mounting, { claims: [claim('data', 'ReadWriteOnce', 'ReadWriteMany')] }],
  ['a claim of others', mounting, { claims: [claim('db', 'ReadWriteOnce')] }],
];

describe('engines/native/plan/preflight', () => {
  for (const { what, code, message, hint, always, ...given } of UNFIT) {
    it(`${what}: ${code}`, () => {
      const refusals = (kind: 'canary' | 'rollout') =>
        preflightFaults(
          spec(given.spec),
          given.deployment,
          inventory(given.inventory),
          kind === 'canary' ? nginx : undefined,
        );
      const [first, ...more] = refusals('canary');
      assert.equal(first?.code, code);
      assert.match(first?.message ?? '', message);
      assert.match(first?.hint ?? '', hint);
      assert.deepEqual(more, []);
      assert.equal(refusals('rollout').length, always ? 1 : 0, 'against a rollout without a canary');
    });
  }

  for (const [what, fit, over, wanted] of FIT) {
    it(`lets pass: ${what}`, () =>
      assert.deepEqual(preflightFaults(spec(wanted), fit, inventory(over), nginx), []));
  }

  it('says everything at once', () => {
    const bad = { ...hostPort(80), spec: { ...hostPort(80).spec, paused: true, replicas: 0 } } as Deployment;
    const codes = preflightFaults(spec(), bad, inventory(), nginx).map(({ code }) => code);
    assert.deepEqual(codes, ['paused', 'replicas', 'host-port']);
  });
});
