import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../../../src/cluster/api-error.ts';
import type { Cluster } from '../../../../src/cluster/client.ts';
import type { Mirror } from '../../../../src/cluster/mirror.ts';
import type { KubeObject, Resource } from '../../../../src/cluster/resource.ts';
import { diffEvent } from '../../../../src/engines/argo/plan.ts';
import { revisionWith } from '../../../../src/engines/argo/rollout/revision.ts';
import { containersFor, podsSelector, writeTemplate } from '../../../../src/engines/argo/rollout/template.ts';
import { HASH_LABEL, type Rollout } from '../../../../src/engines/argo/rollout/types.ts';
import type { PromotionEvent } from '../../../../src/events.ts';
import { NEW, OLD, PLAN, rolloutOf, seenOf, setWith } from '../fixtures.ts';

/** A Rollout whose every write meets so many conflicts first; each refresh brings one of a later version. */
function world(conflicts: number) {
  let rollout: Rollout = rolloutOf({
    spec: { template: { spec: { containers: [{ name: 'app', image: OLD }] } } },
  });
  const written: KubeObject[] = [];
  let refreshed = 0;
  const mirror = {
    all: ({ plural }: Resource<KubeObject>) => (plural === 'rollouts' ? [rollout] : []),
    put: (_: Resource<KubeObject>, object: KubeObject) => {
      rollout = object as Rollout;
    },
    refresh: async () => {
      refreshed += 1;
      rollout = { ...rollout, metadata: { ...rollout.metadata, resourceVersion: `v${refreshed}` } };
    },
  } as Partial<Mirror> as Mirror;
  const cluster = {
    write: async ({ object }) => {
      written.push(object);
      if (written.length <= conflicts) throw new ApiError(409, 'Conflict', 'modified');
      return { ...object, metadata: { ...object.metadata, generation: 4, resourceVersion: 'stored' } };
    },
  } as Partial<Cluster> as Cluster;
  return { mirror, cluster, written, refreshed: () => refreshed };
}

describe('the write of a template', () => {
  it('is made on what is there then, where somebody else has written meanwhile', async () => {
    const { mirror, cluster, written } = world(2);
    const { wanted } = await writeTemplate(cluster, mirror, 'web', { app: NEW });
    assert.deepEqual(
      written.map(({ metadata }) => metadata?.resourceVersion),
      ['7', 'v1', 'v2'],
    );
    assert.deepEqual(wanted, { images: { app: NEW }, generation: 4, workloadGeneration: undefined });
  });

  it('is given up at the fifth conflict', async () => {
    const { mirror, cluster, written } = world(5);
    await assert.rejects(writeTemplate(cluster, mirror, 'web', { app: NEW }), { status: 409 });
    assert.equal(written.length, 5);
  });

  it('carries what an object of a list has not', async () => {
    const { mirror, cluster, written } = world(0);
    await writeTemplate(cluster, mirror, 'web', { app: NEW });
    assert.equal(written[0]?.apiVersion, 'argoproj.io/v1alpha1');
    assert.equal(written[0]?.kind, 'Rollout');
  });
});

describe('a dry run', () => {
  const template = (image: string) => ({ spec: { containers: [{ name: 'app', image }] } });
  const changed = (event: PromotionEvent) =>
    event.type === 'diff'
      ? [event.object, event.verb, ...event.lines.filter((line) => /^[+-]/.test(line))]
      : [];
  it('shows what would be written into the Rollout', () => {
    const seen = seenOf(rolloutOf({ spec: { template: template(OLD) } }));
    assert.deepEqual(changed(diffEvent(seen, PLAN)), [
      'Rollout/web',
      'update',
      `-        - image: ${OLD}`,
      `+        - image: ${NEW}`,
    ]);
  });
  it('shows what would be written into the workloadRef, with the revision that is gone back to', () => {
    const rollout = rolloutOf({ spec: { workloadRef: { kind: 'Deployment', name: 'app' } } });
    const workload = {
      metadata: { name: 'app' },
      spec: { selector: {}, template: { ...template(OLD), metadata: { labels: { release: 'new' } } } },
    };
    const old = { ...template(NEW), metadata: { labels: { release: 'old' } } };
    assert.deepEqual(changed(diffEvent(seenOf(rollout, { workload }), PLAN, old)), [
      'Deployment/app',
      'update',
      '-        release: new',
      '+        release: old',
      `-        - image: ${OLD}`,
      `+        - image: ${NEW}`,
    ]);
  });
});

describe('the containers of a release', () => {
  const withContainers = (...images: [name: string, image: string][]) =>
    seenOf(
      rolloutOf({
        spec: { template: { spec: { containers: images.map(([name, image]) => ({ name, image })) } } },
      }),
    );
  it('are those that run the repository', () => {
    const seen = withContainers(['app', OLD], ['proxy', 'envoy:1']);
    assert.deepEqual(containersFor(seen, NEW, undefined), { images: { app: NEW }, from: OLD });
  });
  it('are the one that is named, whatever it runs', () => {
    const seen = withContainers(['app', OLD], ['proxy', 'envoy:1']);
    assert.deepEqual(containersFor(seen, NEW, 'proxy'), { images: { proxy: NEW }, from: 'envoy:1' });
  });
  it('are refused where there is none, or two of different images', () => {
    assert.throws(
      () => containersFor(withContainers(['proxy', 'envoy:1']), NEW, undefined),
      /No container of Rollout\/web/,
    );
    assert.throws(
      () => containersFor(withContainers(['a', OLD], ['b', NEW]), NEW, undefined),
      /run different images/,
    );
  });
  it('are not guessed where the workload is not there', () => {
    const seen = seenOf(rolloutOf({ spec: { workloadRef: { kind: 'Deployment', name: 'web' } } }));
    assert.throws(() => containersFor(seen, NEW, undefined), { code: 'workload-ref' });
  });
});

describe('the revision that is rolled back to', () => {
  const injected = () => {
    const set = setWith('old', OLD);
    const { metadata, spec } = set;
    return {
      ...set,
      metadata: {
        ...metadata,
        annotations: {
          ...metadata?.annotations,
          'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"stable"}}',
        },
      },
      spec: {
        selector: {},
        ...spec,
        template: {
          ...spec?.template,
          metadata: { labels: { app: 'web', role: 'stable', [HASH_LABEL]: 'old' } },
        },
      },
    };
  };
  it('is its template without what the controller has put into it', () => {
    const template = revisionWith(seenOf(rolloutOf(), { replicaSets: [injected()] }), { app: OLD });
    assert.deepEqual(template?.metadata?.labels, { app: 'web' });
  });
  it('is the stable one where several ran the image', () => {
    const sets = ['a', 'old', 'b'].map((hash) => {
      const set = setWith(hash, OLD);
      const { metadata } = set.spec?.template ?? {};
      return {
        ...set,
        spec: {
          selector: {},
          ...set.spec,
          template: { ...set.spec?.template, metadata: { labels: { ...metadata?.labels, from: hash } } },
        },
      };
    });
    const found = (stableRS: string) =>
      revisionWith(seenOf(rolloutOf({ status: { stableRS } }), { replicaSets: sets }), { app: OLD });
    assert.equal(found('old')?.metadata?.labels?.from, 'old');
    assert.equal(found('none')?.metadata?.labels?.from, 'b');
  });
  it('is none where none is kept', () => {
    assert.equal(revisionWith(seenOf(rolloutOf()), { app: 'shop:0' }), undefined);
  });
});

describe('what a promotion of a Rollout watches', () => {
  it('is the pods of its own selector, not those of other Rollouts', () => {
    const selector = { matchLabels: { app: 'web', tier: 'front' } };
    assert.equal(podsSelector({ spec: { selector } }), 'rollouts-pod-template-hash,app=web,tier=front');
  });

  it('is the pods of all Rollouts, if the selector is in the Deployment of a workloadRef', () => {
    const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    assert.equal(podsSelector({ spec: { workloadRef } }), 'rollouts-pod-template-hash');
  });
});
