import { PromoteError } from '../errors.ts';
import { bodyOf, checkBody } from './body.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';

/** What the Keel engine needs of the user's settings. */
export interface KeelSettings {
  readonly urls: readonly string[];
  readonly method?: string | undefined;
  readonly contentType?: string | undefined;
  /** The body as the user wrote it; without it the body is made from the release. */
  readonly template?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tokenType?: string | undefined;
  readonly tokenValue?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Empty: the one answer that Keel gives, 200 without a body. */
  readonly validResponseCodes?: readonly number[] | undefined;
  readonly skipVerify?: boolean | undefined;
  readonly debug?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The part of a release that a webhook can name: the repository with its registry, and the tag. */
export interface KeelRelease {
  readonly repository: string;
  readonly tag: string;
}

export interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

/** One request, complete: nothing is decided after this but whether to send it again. */
export interface KeelRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: BasicAuth | undefined;
  readonly body: string;
  readonly validResponseCodes: readonly number[];
  readonly skipVerify: boolean;
}

/** What will be sent, as data: it can be printed and reviewed before anything leaves. */
export interface KeelPlan {
  readonly requests: readonly KeelRequest[];
  readonly release: KeelRelease | undefined;
  readonly debug: boolean;
  readonly dryRun: boolean;
}

/**
 * The webhooks of a promotion. The names of the settings and their defaults are those of plugins/webhook.
 * @throws PromoteError KEEL_URL, KEEL_TEMPLATE, KEEL_BODY and others: the first fault that would make Keel refuse the webhook, or take
 * it with a 200 and ignore it.
 */
export function planOf(settings: KeelSettings, release: KeelRelease | undefined): KeelPlan {
  if (settings.urls.length === 0) {
    throw new PromoteError('KEEL_URL', 'urls is empty: there is no Keel to send the webhook to', {
      hint: 'set urls to the webhook of your Keel, such as http://keel.example.com:9300/v1/webhooks/native',
    });
  }
  const contentType = settings.contentType?.trim() || 'application/json';
  const body = bodyOf(settings.template, release);
  const requests = settings.urls.map((url): KeelRequest => {
    const endpoint = endpointOf(url);
    checkBody(body, { contentType, isNative: endpoint.isNative });
    return {
      endpoint,
      method: (settings.method?.trim() || 'POST').toUpperCase(),
      headers: headersOf(settings, contentType),
      auth: authOf(settings, endpoint),
      body,
      validResponseCodes: settings.validResponseCodes ?? [],
      skipVerify: settings.skipVerify ?? false,
    };
  });
  return { requests, release, debug: settings.debug ?? false, dryRun: settings.dryRun ?? false };
}

/** Every text of a plan that must not be printed, in the forms in which it may turn up in a log or be echoed by a server. */
export function secretsOf(plan: KeelPlan): string[] {
  const secrets = plan.requests.flatMap((request) => {
    const { auth, headers } = request;
    const authorization = headers.Authorization ?? '';
    const token = authorization.slice(authorization.indexOf(' ') + 1);
    if (auth === undefined) return [token];
    const pair = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return [token, auth.password, encodeURIComponent(auth.password), pair];
  });
  return [...new Set(secrets)].filter((secret) => secret !== '');
}

function headersOf(settings: KeelSettings, contentType: string): Record<string, string> {
  const token = settings.tokenValue?.trim();
  return {
    'Content-Type': contentType,
    ...(token ? { Authorization: `${settings.tokenType?.trim() || 'Bearer'} ${token}` } : {}),
    ...settings.headers,
  };
}

/** As in plugins/webhook, `username` and `password` come before credentials that stand in the URL; a token comes before both. */
function authOf(settings: KeelSettings, endpoint: Endpoint): BasicAuth | undefined {
  if (settings.tokenValue?.trim()) return undefined;
  if (settings.username || settings.password) {
    return { username: settings.username ?? '', password: settings.password ?? '' };
  }
  return endpoint.auth;
}
