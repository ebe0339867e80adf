import { analysisOf } from '../../analysis/settings.ts';
import type { Build } from '../../ci/build.ts';
import type { Clock } from '../../clock.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { releaseFrom } from '../../image/release/release.ts';
import type { Outcome } from '../../outcome.ts';
import type { Settings } from '../../settings/settings.ts';
import type { WatchOptions } from './watch/update-watch.ts';
import { unwatchedOutcome } from './webhook/outcome.ts';
import { type KeelPlan, type KeelRequest, planOf } from './webhook/requests.ts';
import { type KeelDeps, sendWebhooks } from './webhook/webhook.ts';

/**
 * Sends the webhook to every Keel that the settings name, and follows the result if the settings have
 * credentials of Keel or a kubeconfig. Modules that only this needs are loaded on demand, so that a plain
 * webhook costs no more than a script that sends it.
 */
export async function* deliver(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  hide: (secrets: readonly string[]) => void,
): AsyncGenerator<PromotionEvent, Outcome> {
  const deps: KeelDeps = { clock, hide };
  const plan = await planFor(settings, build, undefined);
  if (!isFollowed(settings, plan)) return unwatchedOutcome(yield* sendWebhooks(plan, deps, cancelled));
  const { adminOf } = await import('./admin/client.ts');
  const { abortAtKeel, webhookIdOf } = await import('./admin/withdraw.ts');
  const voter = settings.voter ?? (build.who || 'drone-promote');
  const admins = plan.requests.filter(hasAdmin).map(adminOf);
  if (settings.action === 'abort') {
    const named = plan.requests.find(hasAdmin)?.named;
    if (named === undefined) {
      throw new PromoteError(
        'keel-admin',
        '`action: abort` withdraws approvals, but no Keel in `urls` has credentials.',
        {
          hint: 'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel.',
        },
      );
    }
    return await abortAtKeel(admins, named, voter);
  }
  const { promoteAndFollow } = await import('./promote.ts');
  const { randomUUID } = process.getBuiltinModule('node:crypto');
  const webhookId = webhookIdOf(build.number, randomUUID().slice(0, 8));
  const followedPlan = await planFor(settings, build, webhookId);
  const cluster = yield* clusterOf(settings, plan, clock, cancelled);
  const options = {
    wait: settings.wait,
    timeoutMs: settings.timeout,
    approve: settings.approve,
    voter,
    onCancel: settings.on_cancel,
    adminOf: (request: KeelRequest) => (hasAdmin(request) ? adminOf(request) : undefined),
    cluster,
    watch: watchOptions(settings),
  };
  try {
    return yield* promoteAndFollow(followedPlan, options, deps, cancelled);
  } finally {
    cluster?.close();
  }
}

function watchOptions(settings: Settings): WatchOptions {
  const { bake, settle, traffic, unwatched } = settings;
  return { ...analysisOf(settings), bakeMs: bake, settleMs: settle, traffic, unwatched };
}

async function planFor(settings: Settings, build: Build, webhookId: string | undefined): Promise<KeelPlan> {
  // a template names the image itself
  const hasTemplate = settings.template !== undefined && settings.template.trim() !== '';
  const release = hasTemplate ? undefined : releaseFrom(settings, build);
  const template = settings.template?.includes('{{')
    ? (await import('./webhook/template.ts')).render(settings.template, build)
    : settings.template;
  return planOf(
    {
      urls: settings.urls ?? [],
      method: settings.method,
      contentType: settings.content_type,
      template,
      username: settings.username,
      password: settings.password,
      tokenType: settings.token_type,
      tokenValue: settings.token_value,
      headers: settings.headers,
      validResponseCodes: settings.valid_response_codes,
      skipVerify: settings.skip_verify,
      debug: settings.debug,
      dryRun: settings.dry_run,
      signatureSecret: settings.signature_secret,
      signatureHeader: settings.signature_header,
    },
    release,
    webhookId,
  );
}

/** Whether the step can see more than the answer to the webhook, or the settings require it. */
function isFollowed(
  { wait, approve, action, kubeconfig, server }: Settings,
  { requests }: KeelPlan,
): boolean {
  if (action === 'abort' || approve || wait === 'approved' || wait === 'updated') return true;
  return requests.some(
    (request) =>
      request.named !== undefined && (hasAdmin(request) || kubeconfig !== undefined || server !== undefined),
  );
}

/**
 * Whether the step has credentials for the admin API. They are the webhook's, because Keel has one account.
 */
function hasAdmin({ auth, named }: KeelRequest): boolean {
  return auth !== undefined && named !== undefined;
}

async function* clusterOf(settings: Settings, { requests }: KeelPlan, clock: Clock, cancelled: AbortSignal) {
  if (settings.kubeconfig === undefined && settings.server === undefined) return undefined;
  if (requests.filter(({ named }) => named !== undefined).length > 1) {
    const message =
      'This step does not read the cluster, because `urls` names several Keels, and one kubeconfig cannot cover all of their clusters';
    yield { type: 'warning', message } satisfies PromotionEvent;
    return undefined;
  }
  const { openClusterView } = await import('./forecast/cluster-view.ts');
  return openClusterView(settings, clock, cancelled);
}
