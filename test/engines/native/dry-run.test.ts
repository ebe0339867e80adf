import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../../src/cluster/client.ts';
import type { KubeObject, Resource } from '../../../src/cluster/resource.ts';
import { rehearse } from '../../../src/engines/native/dry-run.ts';
import type { Plan } from '../../../src/engines/native/plan/plan.ts';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { ROUTERS } from '../../../src/traffic/index.ts';
import { ANALYSIS, deployment, FROM, ingress, plan, service, spec, TO } from './fixtures.ts';

const OBJECTS: Record<string, KubeObject[]> = {
  deployments: [deployment('web', FROM, 4), deployment('api', 'api:1', 2)],
  services: [service('web', { app: 'web' }), service('api', { app: 'api' })],
  ingresses: [ingress('web', 'shop.example.com', { '/': 'web' })],
};

/** A cluster that can be listed; anything else that is asked of it is a fault of the rehearsal. */
function readOnly(objects = OBJECTS): Cluster {
  const cluster: Partial<Cluster> = {
    namespace: 'shop',
    list: async <T extends KubeObject>(resource: Resource<T>) => ({
      items: (objects[resource.plural] ?? []) as T[],
      resourceVersion: '1',
    }),
  };
  return new Proxy(cluster as Cluster, {
    get(target, name) {
      if (!(name in target)) throw new Error(`a rehearsal asks for ${String(name)}`);
      return Reflect.get(target, name);
    },
  });
}

async function run(over: Partial<Plan> = {}, objects = OBJECTS) {
  const clock = {
    now: () => assert.fail('a rehearsal has its own time'),
    monotonic: () => assert.fail('a rehearsal has its own time'),
    sleep: () => assert.fail('a rehearsal does not sleep'),
  };
  const deps = {
    cluster: readOnly(objects),
    clock,
    routers: ROUTERS,
    cancelled: new AbortController().signal,
    onCancel: 'abort' as const,
    analysis: ANALYSIS,
  };
  const events: PromotionEvent[] = [];
  const generator = rehearse(plan(over), spec(), deps, undefined);
  for (;;) {
    const next: IteratorResult<PromotionEvent, Outcome> = await generator.next();
    if (next.done) return { events, outcome: next.value };
    events.push(next.value);
  }
}

/** What would be done, a line each. */
const said = (events: PromotionEvent[]) =>
  events.map((event) => {
    switch (event.type) {
      case 'stage':
        return `stage ${event.name}, ${event.index + 1} of ${event.count}`;
      case 'diff': {
        const weight = /\+.*canary-weight: "(\d+)"/.exec(event.lines.join('\n'))?.[1];
        const replicas = /\+.*replicas: (\d+)/.exec(event.lines.join('\n'))?.[1];
        return [event.verb, event.object, weight, replicas].filter((word) => word !== undefined).join(' ');
      }
      default:
        return event.type;
    }
  });

describe('engines/native/dry-run', () => {
  it('goes past steps with checks of their own', async () => {
    const { events, outcome } = await run({
      steps: [
        { kind: 'weight', weight: 10, holdMs: 0, checks: ['smoke'] },
        { kind: 'hold', holdMs: 60_000, checks: ['ready'] },
        { kind: 'weight', weight: 50, holdMs: 60_000, untilSure: true, checks: ['smoke', 'ready'] },
      ],
    });
    assert.ok(said(events).includes('delete Deployment/web-canary'));
    assert.equal(outcome.kind, 'shown');
  });

  it('shows every stage and write of a promotion, in the order that a promotion has', async () => {
    const { events, outcome } = await run();
    assert.deepEqual(said(events), [
      'stage 10 %, 1 of 7',
      'create Deployment/web-canary 1',
      'create Service/web-canary',
      'create Ingress/web-canary 0',
      'update Ingress/web-canary 10',
      'stage 50 %, 2 of 7',
      'update Deployment/web-canary 2',
      'update Ingress/web-canary 50',
      'stage full size, 3 of 7',
      'update Deployment/web-canary 4',
      'stage 100 %, 4 of 7',
      'update Ingress/web-canary 100',
      'stage update stable, 5 of 7',
      'update Deployment/web',
      'stage back to stable, 6 of 7',
      'update Ingress/web-canary 0',
      'stage clean up, 7 of 7',
      'delete Ingress/web-canary',
      'delete Service/web-canary',
      'delete Deployment/web-canary',
    ]);
    assert.deepEqual(outcome, {
      workload: 'deployment/web',
      namespace: 'shop',
      from: FROM,
      to: TO,
      kind: 'shown',
      reason: `Dry run: a promotion of ${TO} would make 13 writes. Nothing was written.`,
      hints: [],
      image: FROM,
      weight: 0,
    });
  });

  it('goes past holds, and says where a step would end', async () => {
    const { events } = await run({
      steps: [{ kind: 'weight', weight: 10, holdMs: 0 }, { kind: 'hold' }],
      finish: 'roll',
    });
    const lines = said(events);
    const at = lines.indexOf('note');
    assert.equal(lines[at - 1], 'stage hold, 2 of 5');
    assert.equal(lines[at + 1], 'stage update stable, 3 of 5');
    assert.ok(lines.includes('delete Deployment/web-canary'));
  });

  it('comes to the end with a release for an init container alone', async () => {
    const base = deployment('web', 'other:1', 4);
    const spec = {
      containers: [{ name: 'app', image: 'other:1' }],
      initContainers: [{ name: 'migrate', image: FROM }],
    };
    const web = { ...base, spec: { selector: {}, ...base.spec, template: { ...base.spec?.template, spec } } };
    const { events } = await run({ containers: ['migrate'] }, { ...OBJECTS, deployments: [web] });
    assert.ok(said(events).includes('update Deployment/web'));
    assert.equal(said(events).at(-1), 'delete Deployment/web-canary');
  });

  it('shows the one write of a rollout at once', async () => {
    const { events, outcome } = await run({ steps: [], services: [], routes: [] });
    assert.deepEqual(said(events), ['stage update stable, 1 of 1', 'update Deployment/web']);
    assert.match(outcome.reason, /would make 1 write\./);
  });

  it('ends, with a day of holding and fifty steps', async () => {
    const steps = Array.from({ length: 50 }, (_, index) => ({
      kind: 'weight' as const,
      weight: index + 1,
      holdMs: 86_400_000,
    }));
    const { events } = await run({ steps });
    assert.equal(said(events).at(-1), 'delete Deployment/web-canary');
  });

  it('goes on from what an earlier run has left', async () => {
    const { events } = await run(
      {},
      { ...OBJECTS, deployments: [deployment('web', FROM, 4), deployment('web-canary', TO, 1)] },
    );
    assert.ok(!said(events).some((line) => line.startsWith('create Deployment')));
  });
});
