import { stringify } from 'yaml';
import { checkAccess } from '../../../cluster/access.ts';
import { asWritten } from '../../../cluster/diff.ts';
import type { Mirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { EngineContext } from '../../shared/context.ts';
import { RUN_AGAIN } from '../../shared/hints.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from '../rights.ts';
import { isStable } from '../rollout/observed.ts';
import { phaseOf } from '../rollout/phase.ts';
import { rolloutOrNone } from '../rollout/template.ts';
import { analysisTemplates, HASH_LABEL, type Rollout, rollouts } from '../rollout/types.ts';
import { analysisOf } from './checks.ts';
import { partsOf } from './cleanup.ts';
import { readBase } from './inspect.ts';
import { bootstrapObjects, type Made, pairOf } from './objects.ts';
import { addCanary, routeRights, routeWrite } from './routes.ts';
import { servesOnly, stableSet } from './serving.ts';
import {
  type AnyResource,
  type BootstrapSpec,
  done,
  notFollowed,
  rolloutIn,
  scale,
  serviceIn,
  settled,
  stuck,
  until,
  withMirror,
} from './shared.ts';
import { adopted, isOwn } from './writes.ts';

const AGAIN = `${RUN_AGAIN} To go back, run it with \`bootstrap: undo\`.`;

/**
 * Makes a Rollout from a plain Deployment without losing a request. The Rollout's pods start in addition to
 * the Deployment's. The controller switches the Service to them. Only after the router has followed does the
 * step scale the Deployment to 0. An interrupted bootstrap continues where it stopped.
 */
export async function* bootstrap(
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster } = deps;
  const name = spec.rollout;
  const existing = await rolloutOrNone(cluster, name);
  if (existing) return yield* resume(existing, spec, deps);
  const base = await readBase(cluster, name, spec.service, spec.steps);
  const made = bootstrapObjects(base, analysisOf(base, spec.checks));
  yield {
    type: 'plan',
    title: `Rollout/${name} from Deployment/${name} in ${spec.namespace}`,
    lines: planLines(made),
  };
  for (const message of base.warnings) yield { type: 'warning', message };
  if (spec.dryRun) return yield* show(made);
  const { canaryService, rollout } = made;
  const template = made.analysis?.template;
  const pair = pairOf(base.service);
  await checkAccess(cluster, [...TO_BOOTSTRAP, ...(template ? TO_ANALYSE : []), ...routeRights(base.routes)]);
  const first = await Promise.all([
    ...(canaryService ? [adopted(core.services as AnyResource, canaryService, name, cluster)] : []),
    ...(template ? [adopted(analysisTemplates as AnyResource, template, name, cluster)] : []),
  ]);
  const last = { verb: 'create', resource: rollouts as AnyResource, object: rollout } as const;
  return yield* withMirror(spec, deps, AGAIN, async function* (mirror) {
    for (const write of [...first, last]) {
      // the plugin needs both Services in a route before its first write there
      if (write === last && pair) yield* addCanary(base.routes, pair, cluster);
      const stored = await cluster.write(write);
      if (stored && write === last) mirror.put(write.resource, stored);
      const object = core.nameOf(write.resource, write.object);
      yield { type: 'write', verb: write.verb, object, message: '' };
    }
    return yield* takeOver(pair?.stable, mirror, spec, deps);
  });
}

/** Continues if the Rollout exists. A bootstrap is not finished while the Deployment still has pods. */
async function* resume(
  existing: Rollout,
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const name = spec.rollout;
  const parts = partsOf(existing);
  if (parts.isUndone) {
    throw new PromoteError('undo', `Rollout/${name} is being undone: \`bootstrap: undo\` has not finished.`, {
      hint: 'Wait until `bootstrap: undo` ends, or run it again. Then run `bootstrap: true` again.',
    });
  }
  const deployment = isOwn(existing, name) ? await deps.cluster.get(core.deployments, name) : undefined;
  if (!deployment || (deployment.spec?.replicas ?? 1) === 0)
    return done(spec, `Rollout/${name} exists already: nothing was done.`);
  yield {
    type: 'plan',
    title: `Rollout/${name} from Deployment/${name} in ${spec.namespace}`,
    lines: [`the Rollout exists; the Deployment still has ${deployment.spec?.replicas ?? 1} pods`],
  };
  if (spec.dryRun) return { kind: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(deps.cluster, TO_BOOTSTRAP);
  return yield* withMirror(spec, deps, AGAIN, (mirror) => takeOver(parts.stableService, mirror, spec, deps));
}

/** Waits until the Rollout's pods serve the users, and scales the Deployment to 0. */
async function* takeOver(
  stableService: string | undefined,
  mirror: Mirror,
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const name = spec.rollout;
  yield { type: 'waiting', for: 'the Rollout’s pods to serve', timeoutMs: spec.timeoutMs };
  const serves = await until(mirror, spec, deps, () => {
    const found = rolloutIn(mirror, name);
    if (!found || phaseOf(found).name !== 'Healthy' || !isStable(found)) return false;
    const service = serviceIn(mirror, stableService);
    return !service || service.spec?.selector?.[HASH_LABEL] === found.status?.stableRS;
  });
  const rollout = rolloutIn(mirror, name);
  if (!serves)
    return stuck(
      spec,
      `The Rollout's pods do not serve: ${notReadyReason(rollout)}.`,
      hintsFor(rollout, spec),
    );
  const isServed = () =>
    stableService === undefined || servesOnly(mirror, stableService, stableSet(mirror, spec));
  if (!(yield* settled(isServed, mirror, spec, deps)))
    return stuck(spec, notFollowed(stableService), ['The Deployment still has its pods.', AGAIN]);
  yield* scale(mirror, deps, name, 0);
  const replicas = rollout?.spec?.replicas ?? 1;
  return done(spec, `Rollout/${name} serves with ${replicas} pods, and Deployment/${name} has 0.`);
}

function notReadyReason(rollout: Rollout | undefined): string {
  if (!rollout) return 'it was deleted';
  return phaseOf(rollout).message || 'its controller did not switch the Service';
}

function hintsFor(rollout: Rollout | undefined, { namespace, rollout: name }: BootstrapSpec): string[] {
  return [
    'The Deployment serves as before.',
    ...(rollout?.spec?.strategy?.canary?.trafficRouting?.plugins
      ? [
          'Check the log of Argo Rollouts’ controller: did its Gateway API plugin start, and may it update the routes?',
        ]
      : []),
    `Fix the cause, and run this step again. To go back instead: kubectl -n ${namespace} delete rollout ${name}`,
    'Then run a step with `bootstrap: undo`, which removes the other objects.',
  ];
}

function planLines({ base, analysis }: Made): string[] {
  const { deployment, service, ingresses, routes } = base;
  const replicas = deployment.spec?.replicas ?? 1;
  const named = (all: readonly core.KubeObject[]) => all.map(({ metadata }) => metadata?.name).join(', ');
  const routers = [
    ...(ingresses.length > 0 || routes.length === 0 ? [`Ingress ${named(ingresses) || '(none)'}`] : []),
    ...routes.map(({ resource: of, route }) => core.nameOf(of, route)),
  ];
  return [
    `${replicas} new pods next to the existing ${replicas}; the Deployment has 0 at the end`,
    ...(analysis
      ? [
          `AnalysisTemplate/${analysis.template.metadata?.name}: ${analysis.template.spec?.metrics.map(({ name }) => name).join(', ')}`,
        ]
      : []),
    `Service/${service?.metadata?.name ?? '(none)'}, ${routers.join(', ')}`,
  ];
}

/** Shows the objects that the step would write, as YAML for a repository. */
function* show({ base, canaryService, analysis, rollout }: Made): Generator<PromotionEvent, Outcome> {
  const pair = pairOf(base.service);
  const create = (resource: AnyResource, object: core.KubeObject) =>
    ({ verb: 'create', resource, object }) as const;
  const writes = [
    ...(canaryService ? [create(core.services as AnyResource, canaryService)] : []),
    ...(pair ? base.routes.map((each) => routeWrite(each, pair)) : []),
    ...(analysis ? [create(analysisTemplates as AnyResource, analysis.template)] : []),
    create(rollouts as AnyResource, rollout),
  ];
  for (const { verb, resource, object } of writes) {
    const lines = stringify(asWritten(object), { lineWidth: 0 }).trimEnd().split('\n');
    yield { type: 'diff', object: core.nameOf(resource, object), verb, lines };
  }
  return { kind: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
}
