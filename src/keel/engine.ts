import type { Build } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { releaseOf } from '../image/release.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Settings } from '../settings/settings.ts';
import { planOf } from './plan.ts';
import { promoteThroughKeel } from './promote.ts';

/** The Keel engine: the webhook that the settings ask for, sent to every Keel that they name. */
export async function* keelEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  redact: (text: string) => string,
): AsyncGenerator<PromotionEvent, Outcome> {
  // A template says the image itself; Drone has put the tag into it.
  const hasTemplate = settings.template !== undefined && settings.template.trim() !== '';
  const release = hasTemplate ? undefined : releaseOf(settings.repo ?? '', settings.tag, build);
  const plan = planOf(
    {
      urls: settings.urls ?? [],
      method: settings.method,
      contentType: settings.content_type,
      template: settings.template,
      username: settings.username,
      password: settings.password,
      tokenType: settings.token_type,
      tokenValue: settings.token_value,
      headers: settings.headers,
      validResponseCodes: settings.valid_response_codes,
      skipVerify: settings.skip_verify,
      debug: settings.debug,
      dryRun: settings.dry_run,
    },
    release,
  );
  return yield* promoteThroughKeel(plan, { clock, redact }, cancelled);
}
