import { stringify } from 'yaml';
import { checkAccess } from '../cluster/access.ts';
import type { Cluster } from '../cluster/client.ts';
import * as core from '../cluster/resource.ts';
import { messageOf, PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from './access.ts';
import { readBase } from './bootstrap-base.ts';
import { analysisOf } from './bootstrap-checks.ts';
import {
  type AnyResource,
  type BootstrapWish,
  done,
  mirrorBoth,
  rolloutIn,
  scale,
  serviceIn,
  stuck,
  until,
} from './bootstrap-hands.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';
import { type AnalysisTemplate, analysisTemplates, HASH_LABEL, rollouts } from './kinds.ts';
import { isStable } from './observed.ts';
import { phaseOf } from './phase.ts';
import type { Deps } from './run.ts';
import { rolloutOrNone } from './target.ts';

/**
 * Makes a Rollout of a plain Deployment, without a request lost: the Rollout's pods come beside the Deployment's, its controller brings
 * the Service over to them, and only when the router has followed is the Deployment brought to 0.
 */
export async function* bootstrap(wish: BootstrapWish, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const name = wish.rollout;
  if (await rolloutOrNone(cluster, name))
    return done(wish, `Rollout/${name} exists already: nothing was done.`);
  const base = await readBase(cluster, name, wish.service, wish.steps);
  const analysis = analysisOf(base, wish.checks);
  const { rollout, canaryService } = bootstrapObjects(base, analysis);
  const objects: [AnyResource, core.KubeObject][] = [
    ...(canaryService
      ? [[core.services as AnyResource, canaryService] as [AnyResource, core.KubeObject]]
      : []),
    ...(analysis
      ? [[analysisTemplates as AnyResource, analysis.template] as [AnyResource, core.KubeObject]]
      : []),
    [rollouts as AnyResource, rollout],
  ];
  const replicas = base.deployment.spec?.replicas ?? 1;
  yield {
    type: 'plan',
    title: `Rollout/${name} out of Deployment/${name} in ${wish.namespace}`,
    lines: [
      `${replicas} pods beside the ${replicas} that are there; the Deployment has 0 afterwards`,
      ...(analysis
        ? [
            `AnalysisTemplate/${analysis.template.metadata?.name}: ${analysis.template.spec?.metrics.map(({ name }) => name).join(', ')}`,
          ]
        : []),
      `Service/${base.service?.metadata?.name ?? '(none)'}, Ingress ${base.ingresses.map(({ metadata }) => metadata?.name).join(', ') || '(none)'}`,
    ],
  };
  for (const message of base.warnings) yield { type: 'warning', message };
  if (wish.dryRun) {
    for (const [resource, object] of objects) {
      const lines = stringify(object, { lineWidth: 0 }).trimEnd().split('\n');
      yield { type: 'diff', object: core.nameOf(resource, object), verb: 'create', lines };
    }
    return { word: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  }
  await checkAccess(cluster, [...TO_BOOTSTRAP, ...(analysis ? TO_ANALYSE : [])]);
  if (analysis) await refuseTaken(analysis.template, cluster);
  const mirror = await mirrorBoth(wish, deps);
  try {
    for (const [resource, object] of objects) {
      const stored = await cluster.write({ verb: 'create', resource, object });
      // nothing waits for the template, and it is not watched
      if (stored && object !== analysis?.template) mirror.put(resource, stored);
      yield { type: 'write', verb: 'create', object: core.nameOf(resource, object), message: '' };
    }
    yield { type: 'waiting', message: 'the Rollout’s pods to serve' };
    const serves = await until(mirror, wish, deps, () => {
      const found = rolloutIn(mirror, name);
      if (!found || phaseOf(found).name !== 'Healthy' || !isStable(found)) return false;
      const service = serviceIn(mirror, base.service?.metadata?.name);
      return !service || service.spec?.selector?.[HASH_LABEL] === found.status?.stableRS;
    });
    if (!serves) {
      const found = rolloutIn(mirror, name);
      return stuck(
        wish,
        `The Rollout's pods do not serve: ${found ? phaseOf(found).message || 'its Service was not switched' : 'it is gone'}.`,
        [
          'The Deployment serves as before. What was made goes with:',
          `kubectl -n ${wish.namespace} delete ${objects
            .toReversed()
            .map(([resource, object]) => core.nameOf(resource, object).toLowerCase())
            .join(' ')}`,
        ],
      );
    }
    yield { type: 'holding', message: 'until the router has followed', ms: wish.settleMs };
    await clock.sleep(wish.settleMs, cancelled);
    yield* scale(mirror, deps, name, 0);
    return done(wish, `Rollout/${name} serves with ${replicas} pods, and Deployment/${name} has 0.`);
  } catch (error) {
    return stuck(wish, messageOf(error), ['Run it again with `bootstrap: undo`, or by hand.']);
  } finally {
    mirror.stop();
  }
}

/** Before anything is written: another one's template is not taken over. */
async function refuseTaken({ metadata }: AnalysisTemplate, cluster: Cluster): Promise<void> {
  const name = metadata?.name ?? '';
  if (!(await cluster.get(analysisTemplates, name))) return;
  throw new PromoteError('name-taken', `AnalysisTemplate/${name} exists already.`, {
    hint: `Remove it, if nothing uses it: kubectl -n ${cluster.namespace} delete analysistemplate ${name}`,
  });
}
