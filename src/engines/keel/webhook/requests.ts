import { PromoteError } from '../../../errors.ts';
import { bodyOf, checkBody, type KeelRelease, type NamedImage } from './body.ts';
import { type Endpoint, endpointOf, isSecretName } from './endpoint.ts';

/** Shorter ones would blacken half the log, and guard nothing. */
const SHORTEST_SECRET = 4;

/** What the Keel engine needs of the user's settings. */
export interface KeelSettings {
  readonly urls: readonly string[];
  readonly method?: string | undefined;
  readonly contentType?: string | undefined;
  /** The body, with its expressions filled in; without it the body is made from the release. */
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
  /** The body is signed with it: HMAC-SHA256, in hexadecimal digits. */
  readonly signatureSecret?: string | undefined;
  readonly signatureHeader?: string | undefined;
}

interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

/** One request, complete: nothing is decided after this but whether to send it again. */
export interface KeelRequest {
  readonly endpoint: Endpoint;
  /** `NAME:TAG`, where the body is one of the native webhook. */
  readonly image: string | undefined;
  readonly named: NamedImage | undefined;
  /** A second one does no harm: it may be sent again where it is not known whether the first was taken. */
  readonly repeatable: boolean;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly auth: BasicAuth | undefined;
  readonly body: string;
  readonly validResponseCodes: readonly number[];
  readonly skipVerify: boolean;
}

/** What will be sent, as data: it can be printed and reviewed before anything leaves. */
export interface KeelPlan {
  readonly requests: readonly KeelRequest[];
  readonly debug: boolean;
  readonly dryRun: boolean;
}

/**
 * The webhooks of a promotion. The names of the settings and their defaults are those of plugins/webhook.
 * @throws PromoteError `urls`, `template` or `body`: the first fault that would make Keel refuse the webhook, or take
 * it with a 200 and ignore it.
 */
export function planOf(settings: KeelSettings, release: KeelRelease | undefined, mark?: string): KeelPlan {
  if (settings.urls.length === 0) {
    throw new PromoteError('urls', '`urls` is empty: there is no Keel to send the webhook to.', {
      hint: 'Set it to the webhook of your Keel, such as http://keel.example.com:9300/v1/webhooks/native.',
    });
  }
  const contentType = settings.contentType?.trim() || 'application/json';
  const body = bodyOf(settings.template, release, mark);
  const requests = settings.urls.map((url): KeelRequest => {
    const endpoint = endpointOf(url);
    const named = checkBody(body, { contentType, isNative: endpoint.isNative });
    return {
      endpoint,
      image: named === undefined ? undefined : `${named.repository}:${named.tag}`,
      named,
      // under some policies Keel would carry it out twice, and which there are is not known yet
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

/** Every text of a plan that must not be printed, in the forms in which it may turn up in a log or be echoed by a server. */
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

/** Loaded when it is wanted: a plain webhook needs no cryptography. */
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

/** As in plugins/webhook, `username` and `password` come before credentials that stand in the URL; a token comes before both. */
function authOf(settings: KeelSettings, endpoint: Endpoint): BasicAuth | undefined {
  if (settings.tokenValue?.trim()) return undefined;
  if (settings.username || settings.password) {
    return { username: settings.username ?? '', password: settings.password ?? '' };
  }
  return endpoint.auth;
}
