import { randomUUID } from 'node:crypto';
import { analysisOf } from '../analysis/analysis-settings.ts';
import { type Build, describeBuild } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import type { Cluster } from '../cluster/client.ts';
import { identityOf } from '../cluster/holder.ts';
import { withCluster } from '../cluster/with-cluster.ts';
import { messageOf } from '../errors.ts';
import { asksRegistry } from '../image/asks-registry.ts';
import type { Prepared } from '../image/prepare.ts';
import { releaseFrom, withHandedOn } from '../image/release.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { checksByKind } from '../settings/job-check.ts';
import type { Settings } from '../settings/settings.ts';
import { ingressNginx } from '../traffic/ingress-nginx.ts';
import type { Steer } from '../traffic/router.ts';
import { abort } from './abort.ts';
import { guard } from './guard.ts';
import type { GuardSettings } from './guard-job.ts';
import { type ImageContext, imageContext } from './image-context.ts';
import type { LockOptions } from './lock.ts';
import { promote } from './promote.ts';
import type { Deps } from './reconcile.ts';
import { rollback } from './rollback.ts';
import { movedTag } from './running-digest.ts';
import { status } from './status.ts';
import type { Wish } from './wish.ts';

/** The native engine: what the settings ask for, on the cluster that they name. */
export function nativeEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  return withCluster(settings, clock, (cluster) => act(settings, build, cluster, clock, cancelled));
}

async function* act(
  settings: Settings,
  build: Build,
  cluster: Cluster,
  clock: Clock,
  cancelled: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { namespace } = cluster;
  const deps: Deps = {
    cluster,
    clock,
    router: ingressNginx,
    cancelled,
    onCancel: settings.on_cancel,
    analysis: analysisOf(settings),
  };
  const workload = settings.workload?.name ?? '';
  const action = actionOf(settings, build);
  const by = action === 'guard' ? 'the guard' : describeBuild(build);
  const lock: LockOptions = { identity: identityOf(by, randomUUID()), leaseMs: settings.lease, clock };
  switch (action) {
    case 'status':
      return yield* status(workload, cluster, ingressNginx);
    case 'abort':
      return yield* abort(workload, deps, lock, by, `Aborted by ${by}.`);
    case 'guard':
      return yield* guard(workload, deps, lock);
    case 'rollback':
    case 'promote': {
      const context = imageContext(cluster, workload);
      const image = yield* imageFor(settings, build, context, { clock, cancelled });
      const { release } = image;
      const wish = wishOf(action, settings, release.image, namespace);
      const run = action === 'rollback' ? rollback : promote;
      const outcome = yield* run(wish, deps, {
        by,
        lock,
        dryRun: settings.dry_run,
        onConflict: { answer: settings.on_conflict, patienceMs: settings.conflict_timeout },
        guard: guardOf(settings),
      });
      if (release.digest === undefined || outcome.image !== release.image) return outcome;
      if (outcome.word === 'promoted' && image.digests.length > 0) {
        yield* tellMovedTag(cluster, workload, image);
      }
      const { finishImage } = await import('../image/finish.ts');
      const { pullSecrets } = context;
      const back = action === 'rollback';
      return yield* finishImage(outcome, release, settings, back, {
        clock,
        signal: cancelled,
        pullSecrets,
      });
    }
  }
}

function steerOf({ header, cookie }: Settings): Steer | undefined {
  if (header === undefined && cookie === undefined) return undefined;
  return { ...(header ? { header } : {}), ...(cookie === undefined ? {} : { cookie }) };
}

function guardOf({
  guard: wanted,
  guard_image,
  guard_service_account,
  controller_namespace,
}: Settings): GuardSettings | undefined {
  if (!wanted || guard_image === undefined) return undefined;
  return {
    image: guard_image,
    serviceAccount: guard_service_account,
    controllerNamespace: controller_namespace,
  };
}

function actionOf({ action }: Settings, build: Build): 'promote' | 'rollback' | 'abort' | 'status' | 'guard' {
  if (action !== 'auto') return action;
  return build.event === 'rollback' ? 'rollback' : 'promote';
}

/** The release, with what its registry says; the registry's part of the program is loaded where it is asked. */
async function* imageFor(
  settings: Settings,
  build: Build,
  context: ImageContext,
  { clock, cancelled }: { clock: Clock; cancelled: AbortSignal },
): AsyncGenerator<PromotionEvent, Prepared> {
  const release = releaseFrom(settings, build);
  // without the registry it is not known whether the digest is that of an index: there is nothing to compare pods with
  if (!asksRegistry(settings, true)) return { release: withHandedOn(release, settings), digests: [] };
  const { prepareImage } = await import('../image/prepare.ts');
  const prepared = yield* prepareImage(release, settings, { ...context, clock, signal: cancelled });
  for (const what of context.unread()) {
    yield { type: 'note', message: `The credentials may not read ${what}.` };
  }
  return prepared;
}

/** A look that fails is told, and nothing more: the promotion is over. */
async function* tellMovedTag(
  cluster: Cluster,
  workload: string,
  { release, digests }: Prepared,
): AsyncGenerator<PromotionEvent, void> {
  try {
    const message = await movedTag(cluster, workload, release.image, digests);
    if (message !== undefined) yield { type: 'warning', message };
  } catch (error) {
    yield { type: 'warning', message: `The pods' images were not compared: ${messageOf(error)}` };
  }
}

function wishOf(action: 'promote' | 'rollback', settings: Settings, image: string, namespace: string): Wish {
  return {
    action,
    namespace,
    workload: settings.workload?.name ?? '',
    image,
    container: settings.container,
    services: settings.service ?? [],
    steps: action === 'rollback' ? (settings.rollback_steps ?? []) : settings.steps,
    strategy: action === 'rollback' ? 'canary' : settings.strategy,
    baseline: settings.baseline,
    jobs: checksByKind(settings.checks ?? []).jobs,
    finish: settings.finish,
    settleMs: settings.settle,
    drainMs: settings.drain,
    timeoutMs: settings.timeout,
    requireEvidence: settings.require_evidence,
    steer: steerOf(settings),
    metricsPort: settings.metrics_port,
  };
}
