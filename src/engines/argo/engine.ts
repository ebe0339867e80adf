import { randomUUID } from 'node:crypto';
import { prometheusAccess } from '../../analysis/prometheus-access.ts';
import { type AnalysisSettings, analysisOf } from '../../analysis/settings.ts';
import { type Build, describeBuild, isRollback } from '../../ci/build.ts';
import type { Clock } from '../../clock.ts';
import { checkAccess } from '../../cluster/access.ts';
import { isStatus } from '../../cluster/api-error.ts';
import { identityOf } from '../../cluster/holder.ts';
import type { PromotionEvent } from '../../events.ts';
import { withImage } from '../../image/with-image.ts';
import type { Outcome } from '../../outcome.ts';
import type { Settings } from '../../settings/settings.ts';
import type { EngineContext } from '../shared/context.ts';
import { guardOf } from '../shared/guard-job.ts';
import { imageContext } from '../shared/image-context.ts';
import { withCluster } from '../shared/with-cluster.ts';
import { abort } from './abort.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { undo } from './bootstrap/undo.ts';
import { guard } from './guard.ts';
import type { RolloutSpec } from './plan.ts';
import { promote } from './promote.ts';
import { allRightsOf, type Usage } from './rights.ts';
import { pageOf } from './rollout/dashboard.ts';
import { podTemplateSource } from './rollout/pod-template-source.ts';
import { rollouts } from './rollout/types.ts';
import { status } from './status.ts';

/**
 * The engine for Argo Rollouts. The controller does the steps; this engine sends it commands, follows its
 * status, and judges the release.
 */
export function argoEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  return withCluster(settings, clock, async function* (cluster) {
    const { namespace } = cluster;
    const deps: EngineContext = {
      cluster,
      clock,
      cancelled,
      onCancel: settings.on_cancel,
      analysis: checksOf(settings),
    };
    const outcome = yield* explainForbidden(settings, deps, act(settings, build, namespace, deps));
    const page = pageOf(settings.argo_dashboard, { rollout: settings.workload?.name ?? '', namespace });
    return page === undefined ? outcome : { ...outcome, hints: [...outcome.hints, page] };
  });
}

/**
 * Runs a step. An answer "forbidden" from before the first write becomes a refusal that names every missing
 * right and prints the Role, instead of the first request that failed.
 *
 * @throws PromoteError `rights`, or what the step throws
 */
async function* explainForbidden(
  settings: Settings,
  { cluster }: EngineContext,
  run: AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  try {
    return yield* run;
  } catch (error) {
    if (isStatus(error, 403)) {
      // without the right to read the Rollout, the place of its pod template is unknown
      const found = await cluster.get(rollouts, settings.workload?.name ?? '').catch(() => undefined);
      const template = found && (found.spec?.workloadRef ? 'workloadRef' : 'own');
      await checkAccess(cluster, allRightsOf({ ...usageOf(settings), template }));
    }
    throw error;
  }
}

function usageOf({ action, bootstrap: mode, dry_run, guard: hasGuard, checks = [] }: Settings): Usage {
  if (mode !== 'false') return { action: 'bootstrap', checks: checks.length > 0 };
  if (action === 'status' || action === 'abort') return { action };
  // the guard checks its own rights before it does anything
  return { action: dry_run ? 'dry-run' : 'promote', guard: hasGuard };
}

async function* act(
  settings: Settings,
  build: Build,
  namespace: string,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const rollout = settings.workload?.name ?? '';
  const by = describeBuild(build);
  if (settings.bootstrap !== 'false') {
    const run = settings.bootstrap === 'undo' ? undo : bootstrap;
    return yield* run({ ...limitsOf(settings), rollout, namespace }, deps);
  }
  switch (settings.action) {
    case 'status':
      return yield* status(rollout, cluster);
    case 'guard':
      return yield* guard({ rollout, namespace, timeoutMs: settings.timeout, by }, deps);
    case 'abort':
      return yield* abort({ rollout, namespace, timeoutMs: settings.timeout, by }, deps);
    default:
      return yield* withImage(
        settings,
        build,
        imageContext(cluster, podTemplateSource(cluster, rollout)),
        { clock, signal: cancelled },
        ({ image }) => promote(specOf(settings, build, namespace, image), deps),
      );
  }
}

function checksOf(settings: Settings): AnalysisSettings {
  // an abort and the guard run no checks
  const isJudged = ['auto', 'promote', 'rollback'].includes(settings.action);
  const analysis = analysisOf(settings);
  return isJudged ? analysis : { ...analysis, checks: [] };
}

function limitsOf(settings: Settings) {
  const { service = [], steps, settle, timeout, dry_run, checks = [], prometheus_router: router } = settings;
  const wanted = { checks, prometheus: prometheusAccess(settings), router };
  return { service, steps, checks: wanted, settleMs: settle, timeoutMs: timeout, dryRun: dry_run };
}

function specOf(settings: Settings, build: Build, namespace: string, image: string): RolloutSpec {
  const rollout = settings.workload?.name ?? '';
  return {
    rollout,
    namespace,
    page: pageOf(settings.argo_dashboard, { rollout, namespace }),
    image,
    container: settings.container,
    until: settings.until,
    promoteFull: settings.promote_full,
    timeoutMs: settings.timeout,
    settleMs: settings.settle,
    by: describeBuild(build),
    unwatched: settings.unwatched,
    bakeMs: settings.bake,
    dryRun: settings.dry_run,
    guard: guardOf(settings),
    leaseMs: settings.lease,
    identity: identityOf(describeBuild(build), randomUUID()),
    action: isRollback(settings, build) ? 'rollback' : 'promote',
  };
}
