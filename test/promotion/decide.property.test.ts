import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Deployment } from 'kubernetes-types/apps/v1';
import {
  deployments,
  endpointSlices,
  ingresses,
  type KubeObject,
  type Resource,
  services,
} from '../../src/cluster/resource.ts';
import type { Write } from '../../src/cluster/write.ts';
import { decide } from '../../src/promotion/decide.ts';
import { type Observed, observe, type Source } from '../../src/promotion/observed.ts';
import type { PromotionRecord } from '../../src/promotion/record.ts';
import { stagesOf } from '../../src/promotion/stages.ts';
import { ingressNginx } from '../../src/traffic/ingress-nginx.ts';
import { deployment, FROM, ingress, plan, record, service, TO } from './fixtures.ts';

/** What happens between two decisions. */
type Happening = 'ready' | 'time' | 'stale' | 'abort' | 'crash' | 'deploy' | 'nothing';

interface World extends Source {
  /** false where the write met a conflict, and changed nothing. */
  apply(write: Write): boolean;
  /** Controllers catch up: every Deployment is rolled out. */
  settle(): void;
  edit(change: (web: Deployment) => Deployment): void;
  snapshot(): Source;
  /** All objects, without what counts writes. */
  objects(): string;
}

/** A cluster with optimistic locking, whose controllers move only when they are told to. */
function createWorld(): World {
  const kept = new Map<string, Map<string, KubeObject>>([
    ['deployments', new Map([['web', deployment('web', FROM, 4)]])],
    ['services', new Map([['web', service('web', { app: 'web' })]])],
    ['ingresses', new Map([['web', ingress('web', 'shop.example.com', { '/': 'web' })]])],
  ]);
  let version = 1;
  const stamped = <T extends KubeObject>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(++version) },
  });
  const of = (resource: Resource<KubeObject>) => kept.get(resource.plural) ?? new Map<string, KubeObject>();
  const all = <T extends KubeObject>(resource: Resource<T>): T[] => {
    if (resource.plural !== endpointSlices.plural) return [...of(resource).values()] as T[];
    const canary = kept.get('deployments')?.get('web-canary') as Deployment | undefined;
    const ready = canary?.status?.availableReplicas ?? 0;
    const slice = {
      metadata: { name: 'web-canary', labels: { 'kubernetes.io/service-name': 'web-canary' } },
      addressType: 'IPv4',
      endpoints: Array.from({ length: ready }, (_, index) => ({
        addresses: [`10.244.0.${index}`],
        conditions: { ready: true },
      })),
    };
    return [slice] as unknown as T[];
  };
  return {
    all,
    apply({ verb, resource, object }) {
      const name = object.metadata?.name ?? '';
      const found = of(resource).get(name);
      if (
        verb === 'create'
          ? found !== undefined
          : found?.metadata?.resourceVersion !== object.metadata?.resourceVersion
      ) {
        return false;
      }
      if (verb === 'delete') of(resource).delete(name);
      else if (resource.plural === deployments.plural)
        of(resource).set(name, stamped(touched(object as Deployment)));
      else of(resource).set(name, stamped(object));
      return true;
    },
    settle() {
      for (const [name, object] of of(deployments))
        of(deployments).set(name, stamped(rolledOut(object as Deployment)));
    },
    edit(change) {
      const web = of(deployments).get('web') as Deployment;
      of(deployments).set('web', stamped(touched(change(web))));
    },
    snapshot() {
      const copy = new Map(
        [deployments, services, ingresses, endpointSlices].map((each) => [
          each.plural,
          all(each as Resource<KubeObject>),
        ]),
      );
      return {
        all: <T extends KubeObject>(resource: Resource<T>) => (copy.get(resource.plural) ?? []) as T[],
      };
    },
    objects: () =>
      JSON.stringify(
        [...kept].map(([plural, objects]) => [
          plural,
          [...objects.values()].map(({ metadata, ...rest }) => [
            metadata?.name,
            metadata?.annotations,
            'spec' in rest && rest.spec,
          ]),
        ]),
      ),
  };
}

/** A write raises the generation, and what was ready is new again. */
function touched(changed: Deployment): Deployment {
  const generation = (changed.metadata?.generation ?? 0) + 1;
  return { ...changed, metadata: { ...changed.metadata, generation } };
}

function rolledOut(object: Deployment): Deployment {
  const count = object.spec?.replicas ?? 1;
  return {
    ...object,
    status: {
      observedGeneration: object.metadata?.generation ?? 0,
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
    },
  };
}

const HAPPENINGS = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Happening>('ready') },
    { weight: 4, arbitrary: fc.constant<Happening>('time') },
    { weight: 3, arbitrary: fc.constant<Happening>('stale') },
    { weight: 3, arbitrary: fc.constant<Happening>('nothing') },
    { weight: 1, arbitrary: fc.constant<Happening>('abort') },
    { weight: 1, arbitrary: fc.constant<Happening>('crash') },
  ),
  { maxLength: 80 },
);
const PLANS = fc.record({
  finish: fc.constantFrom('shift' as const, 'roll' as const),
  weights: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }),
});

/** Runs one promotion to its end, with the happenings in its way, and then with everything well. */
function run(finish: 'shift' | 'roll', weights: number[], happenings: Happening[]) {
  const steps = [...weights]
    .sort((a, b) => a - b)
    .map((weight) => ({ kind: 'weight' as const, weight, holdMs: 30_000 }));
  const world = createWorld();
  const before = world.objects();
  let intended: PromotionRecord = record({ plan: plan({ steps, finish }) });
  let now = 0;
  let old: Source = world.snapshot();
  let aborted = false;
  let crashed = false;
  const reached = new Set<string>();
  const seenBy = (source: Source): Observed => {
    const request = aborted ? { id: 'one', by: 'bob', reason: 'Aborted by bob.' } : undefined;
    const seen = observe(source, intended.plan, request);
    const pods = crashed && seen.canary ? [crashing] : [];
    return { ...seen, canaryPods: pods };
  };
  for (let count = 0; count < 600; count++) {
    const happening = happenings[count] ?? (count % 2 === 0 ? 'ready' : 'time');
    if (happening === 'ready') world.settle();
    if (happening === 'time') now += 10_000;
    if (happening === 'abort') aborted = true;
    if (happening === 'crash') crashed = true;
    const current = world.snapshot();
    const seen = seenBy(happening === 'stale' ? old : current);
    old = current;
    const decision = decide(intended, seen, now, ingressNginx);
    if (decision.do === 'end') return { outcome: decision.outcome, world, before };
    if (decision.do === 'record') {
      const stage = stagesOf(intended)[intended.stage];
      if (decision.record.stage > intended.stage && stage) reached.add(`${intended.direction} ${stage.name}`);
      intended = decision.record;
    }
    if (decision.do !== 'write') continue;
    for (const write of decision.writes) {
      checkWrite(write, intended, seen, reached);
      if (!world.apply(write)) break;
    }
  }
  return assert.fail(`no end after 600 decisions, at stage ${intended.stage} ${intended.direction}`);
}

const crashing = {
  metadata: { name: 'web-canary-x' },
  status: {
    containerStatuses: [
      {
        name: 'app',
        image: TO,
        imageID: '',
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
      },
    ],
  },
};

/** The promises that hold for every single write. */
function checkWrite(
  write: Write,
  intended: PromotionRecord,
  seen: Observed,
  reached: ReadonlySet<string>,
): void {
  const weight = Number(
    write.object.metadata?.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0,
  );
  if (write.resource.plural === 'ingresses' && write.verb !== 'delete' && weight > 0) {
    assert.ok((seen.ready['web-canary'] ?? 0) > 0, 'weight without ready endpoints');
  }
  const stable = write.resource.plural === 'deployments' && write.object.metadata?.name === 'web';
  if (stable && intended.direction === 'up') {
    const due = stagesOf(intended).slice(0, intended.stage);
    for (const stage of due)
      assert.ok(reached.has(`up ${stage.name}`), `stable is written before ${stage.name} has passed`);
  }
  const withWeight = ingressNginx.weight(seen.routes) > 0;
  if (intended.direction === 'down' && !intended.restore && withWeight) {
    assert.ok(
      write.resource.plural === 'ingresses' && weight === 0,
      `the way down begins with ${write.verb} ${write.object.metadata?.name}`,
    );
  }
  if (write.verb === 'delete') assert.ok(!withWeight, 'something is removed while users are on the canary');
}

test('every promotion ends, safely at each write, with production promoted or as it was', () => {
  fc.assert(
    fc.property(PLANS, HAPPENINGS, ({ finish, weights }, happenings) => {
      const { outcome, world, before } = run(finish, weights, happenings);
      const [web] = world.all(deployments).filter((each) => each.metadata?.name === 'web');
      const image = web?.spec?.template.spec?.containers[0]?.image;
      if (outcome.word === 'promoted') assert.equal(image, TO);
      else {
        assert.equal(outcome.word, 'aborted');
        assert.equal(world.objects(), before);
      }
      assert.equal(
        world.all(ingresses).length + world.all(services).length + world.all(deployments).length,
        3,
      );
    }),
    { numRuns: 1000 },
  );
});
