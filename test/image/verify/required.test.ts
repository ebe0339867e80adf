import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paths } from '../../../e2e/app.ts';
import { rbacObjects, rulesOf, STEPS } from '../../../e2e/rbac.ts';
import { type PastImage, recordRefusal, tagRefusal } from '../../../src/image/verify/required.ts';
import { intoStore, putImage, putIndex } from '../../sim/registry/images.ts';
import { inScene } from '../scene.ts';

const [OURS, OTHER] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const RELEASE = { repository: 'r.example/web', tag: '1.1.0', image: 'r.example/web:1.1.0' };
const KNOWN = { ...RELEASE, digest: OURS };

describe('requires: a tag', () => {
  const table: [
    what: string,
    release: typeof RELEASE,
    digest: string | undefined,
    refused: RegExp | undefined,
  ][] = [
    ['on the digest of the release', KNOWN, OURS, undefined],
    ['on another digest', KNOWN, OTHER, /its digest is sha256:a+, and the tag `staging` is on sha256:b+\./],
    ['that does not exist', KNOWN, undefined, /the tag `staging` does not exist\./],
    ['of a release without a digest', RELEASE, undefined, /its digest is unknown/],
  ];
  for (const [what, release, digest, refused] of table) {
    it(what, () => {
      const refusal = tagRefusal(release, 'staging', digest);
      if (!refused) return assert.equal(refusal, undefined);
      assert.match(refusal?.message ?? '', refused);
      assert.match(refusal?.hint ?? '', /Promote the build to staging first\./);
    });
  }
});

describe('requires: a record', () => {
  const at = '2026-11-28T10:00:00Z';
  const record = (...images: string[]): PastImage[] => images.map((image) => ({ image, at }));
  const table: [what: string, release: typeof RELEASE, past: PastImage[], passes: boolean][] = [
    ['with the release', KNOWN, record('r.example/web:1.1.0'), true],
    ['with the release, two releases ago', KNOWN, record('r.example/web:1.3.0', 'r.example/web:1.1.0'), true],
    ['with its digest', KNOWN, record(`r.example/web:1.1.0@${OURS}`), true],
    [
      'with its digest, in the repository of that environment',
      KNOWN,
      record(`s.example/web:rc-7@${OURS}`),
      true,
    ],
    ['with a tag of that name on another digest', KNOWN, record(`r.example/web:1.1.0@${OTHER}`), false],
    ['with a digest, for a release that has none', RELEASE, record(`r.example/web:1.1.0@${OURS}`), true],
    ['with another release', KNOWN, record('r.example/web:1.0.0'), false],
    ['of another repository', KNOWN, record('s.example/web:1.1.0'), false],
    ['without a promotion', KNOWN, [], false],
  ];
  for (const [what, release, past, passes] of table) {
    it(`${what}: ${passes ? 'passes' : 'refused'}`, () => {
      const refusal = recordRefusal(release, { namespace: 'shop-staging', workload: 'deployment/web' }, past);
      assert.equal(refusal === undefined, passes);
    });
  }

  it('says what was promoted there last', () => {
    const refusal = recordRefusal(
      KNOWN,
      { namespace: 'a', workload: 'deployment/web' },
      record('r.example/web:1.0.0'),
    );
    assert.match(
      refusal?.message ?? '',
      /promoted to deployment\/web in a\. The last release there was r\.example\/web:1\.0\.0/,
    );
  });
});

describe('requires: a promotion', () => {
  it('is refused until the tag is on its digest', () =>
    inScene(async ({ world, registry, settings }) => {
      const asked = { ...settings, requires: 'staging', unwatched: 'allow' };
      const none = await world.step(asked).done;
      assert.equal(none.code, 2, none.log);
      assert.match(none.log, /REFUSED +\(requires\) .*the tag `staging` does not exist/);
      const to = intoStore(registry.store);
      await putImage(to, 'shop/web', 'staging', { content: 'another build' });
      const other = await world.step(asked).done;
      assert.match(other.log, /the tag `staging` is on sha256:/);
      assert.equal(other.code, 2);
      await putIndex(to, 'shop/web', 'staging', ['amd64', 'arm64']);
      const same = await world.step(asked).done;
      assert.equal(same.code, 0, same.log);
    }));

  it('back to an older release is not kept by it', () =>
    inScene(async ({ world, settings }) => {
      const back = { DRONE_BUILD_EVENT: 'rollback' };
      const step = await world.step({ ...settings, requires: 'staging', unwatched: 'allow' }, back).done;
      assert.equal(step.code, 0, step.log);
    }));

  it('is refused if the registry does not say it', () =>
    inScene(async ({ world, registry, settings }) => {
      await registry.close();
      const step = await world.step({ ...settings, requires: 'staging', unwatched: 'allow' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(step.log, /REFUSED +\(registry-unreachable\)/);
    }));

  it('is refused until the record of the other workload shows it', () =>
    inScene(async ({ world, repo, settings }) => {
      const requires = 'staging-of-shop/web';
      const rights = rulesOf(rbacObjects({ ...STEPS.native, requires }), 'drone-promote');
      const kubeconfig = await world.kubeconfig(rights);
      const asked = { ...settings, kubeconfig, verify: 'false', requires, unwatched: 'allow' };
      const none = await world.step(asked).done;
      assert.equal(none.code, 2, none.log);
      assert.match(
        none.log,
        /REFUSED +\(requires\) .*deployment\/web in staging-of-shop\. No promotion is on record/,
      );
      const history = (outcome: string) => [
        { outcome, image: `${repo}:1.1.0`, reason: '', by: 'x', at: '2026-11-28' },
      ];
      const lease = (outcome: string) => ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: 'drone-promote-web',
          annotations: { 'drone-promote/history': JSON.stringify(history(outcome)) },
        },
      });
      const { leases } = paths('staging-of-shop');
      await world.api.create(leases, lease('aborted'));
      assert.equal((await world.step(asked).done).code, 2);
      await world.api.patch(`${leases}/drone-promote-web`, lease('promoted'));
      const step = await world.step(asked).done;
      assert.equal(step.code, 0, step.log);
    }));

  it('is refused with the right that is missing', () =>
    inScene(async ({ world, settings }) => {
      const step = await world.step({ ...settings, requires: 'staging-of-shop/web' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(rights\) .*may not read the record of deployment\/web in staging-of-shop/,
      );
    }));
});
