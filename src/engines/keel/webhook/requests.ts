import { PromoteError } from '../../../errors.ts';
import { bodyOf, checkBody, type KeelRelease, type NamedImage } from './body.ts';
import { type Endpoint, endpointOf, isSecretName } from './endpoint.ts';

/** In characters. Masking shorter secrets would hide half the log and protect nothing. */
const SHORTEST_SECRET = 4;

/** The user's settings that the Keel engine needs. */
export interface KeelSettings {
  readonly urls: readonly string[];
  readonly method?: string | undefined;
  readonly contentType?: string | undefined;
  /** The body, with its expressions filled in. Without it, the release gives the body. */
  readonly template?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tokenType?: string | undefined;
  readonly tokenValue?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** If empty, only Keel's own answer counts as accepted: 200 without a body. */
  readonly validResponseCodes?: readonly number[] | undefined;
  readonly skipVerify?: boolean | undefined;
  readonly debug?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** The key that signs the body: HMAC-SHA256, in hexadecimal digits. */
  readonly signatureSecret?: string | undefined;
  readonly signatureHeader?: string | undefined;
}

interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

/** One complete request. Later code decides only whether to send it again. */
export interface KeelRequest {
  readonly endpoint: Endpoint;
  /** `NAME:TAG`, if the body is for the native webhook. */
  readonly image: string | undefined;
  readonly named: NamedImage | undefined;
  /** A second one does no harm, so it may be sent again if it is unknown whether Keel accepted the first. */
  readonly repeatable: boolean;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly auth: BasicAuth | undefined;
  readonly body: string;
  readonly validResponseCodes: readonly number[];
  readonly skipVerify: boolean;
}

/** The requests as data, so that they can be printed and reviewed before any is sent. */
export interface KeelPlan {
  readonly requests: readonly KeelRequest[];
  readonly debug: boolean;
  readonly dryRun: boolean;
}

/**
 * Makes the webhooks of a promotion. Settings have the names and defaults of plugins/webhook.
 *
 * @param webhookId see `bodyOf`
 * @throws PromoteError `urls`, `template` or `body`: the first fault that would make Keel refuse the webhook,
 * or accept it with a 200 and ignore it
 */
export function planOf(
  settings: KeelSettings,
  release: KeelRelease | undefined,
  webhookId?: string,
): KeelPlan {
  if (settings.urls.length === 0) {
    throw new PromoteError('urls', '`urls` is empty, so there is no Keel to send the webhook to.', {
      hint: 'Set it to the webhook of your Keel, such as http://keel.example.com:9300/v1/webhooks/native.',
    });
  }
  const contentType = settings.contentType?.trim() || 'application/json';
  const body = bodyOf(settings.template, release, webhookId);
  const requests = settings.urls.map((url): KeelRequest => {
    const endpoint = endpointOf(url);
    const named = checkBody(body, { contentType, isNative: endpoint.isNative });
    return {
      endpoint,
      image: named === undefined ? undefined : `${named.repository}:${named.tag}`,
      named,
      // under some policies Keel would act on it twice, and the policies are not known yet
      repeatable: !endpoint.isNative,
      method: (settings.method?.trim() || 'POST').toUpperCase(),
      headers: { ...headersOf(settings, contentType), ...signatureOf(settings, body) },
      auth: authOf(settings, endpoint),
      body,
      validResponseCodes: settings.validResponseCodes ?? [],
      skipVerify: settings.skipVerify ?? false,
    };
  });
  return { requests, debug: settings.debug ?? false, dryRun: settings.dryRun ?? false };
}

/** The secrets of a plan, in each form in which a log or the answer of a server may contain them. */
export function secretsOf(plan: KeelPlan): string[] {
  const secrets = plan.requests.flatMap((request) => {
    const { auth, headers } = request;
    const authorization = headers.Authorization ?? '';
    const token = authorization.slice(authorization.indexOf(' ') + 1);
    const others = Object.entries(headers).flatMap(([name, value]) => (isSecretName(name) && value) || []);
    if (auth === undefined) return [token, ...others];
    const pair = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return [token, ...others, auth.password, encodeURIComponent(auth.password), pair];
  });
  return [...new Set(secrets)].filter(({ length }) => length >= SHORTEST_SECRET);
}

function headersOf(settings: KeelSettings, contentType: string): Record<string, string> {
  const token = settings.tokenValue?.trim();
  return {
    'Content-Type': contentType,
    ...(token ? { Authorization: `${settings.tokenType?.trim() || 'Bearer'} ${token}` } : {}),
    ...settings.headers,
  };
}

/** The signature header. The module is loaded on demand, because a plain webhook needs no cryptography. */
function signatureOf(
  { signatureSecret, signatureHeader }: KeelSettings,
  body: string,
): Record<string, string> {
  if (!signatureSecret) return {};
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return {
    [signatureHeader?.trim() || 'X-Drone-Signature']: createHmac('sha256', signatureSecret)
      .update(body)
      .digest('hex'),
  };
}

/**
 * The credentials, chosen as in plugins/webhook: a token, then `username` and `password`, then those in the
 * URL.
 */
export function authOf(
  settings: Pick<KeelSettings, 'username' | 'password' | 'tokenValue'>,
  endpoint: Endpoint,
): BasicAuth | undefined {
  if (settings.tokenValue?.trim()) return undefined;
  if (settings.username || settings.password) {
    return { username: settings.username ?? '', password: settings.password ?? '' };
  }
  return endpoint.auth;
}
