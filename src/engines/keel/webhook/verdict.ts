import type { ErrorCode } from '../../../errors.ts';
import type { Answer, Attempt, Verdict } from './answer.ts';
import { NATIVE_PATH } from './endpoint.ts';
import { failureVerdict } from './failures.ts';
import type { KeelRequest } from './requests.ts';

const VALID_HINT = 'if this answer is correct here, set valid_response_codes to it';

/**
 * Judges one request by all its tries. The last try decides. If the result of an earlier try is unknown, Keel
 * may have accepted the webhook. Measured on Keel 0.22.1: Keel accepts a webhook with 200, no body and no
 * Content-Type. Any other answer is a refusal, or comes from another service.
 */
export function verdictOf(request: KeelRequest, attempts: readonly Attempt[]): Verdict {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error('a verdict needs at least one try');
  const verdict = attemptVerdict(request, last);
  if (verdict.taken !== 'no') return verdict;
  const isUnclear = attempts
    .slice(0, -1)
    .some((attempt) => attemptVerdict(request, attempt).taken === 'unknown');
  return isUnclear ? { ...verdict, taken: 'unknown' } : verdict;
}

function attemptVerdict(request: KeelRequest, { answer, failure }: Attempt): Verdict {
  if (answer === undefined)
    return failureVerdict(failure ?? { code: 'UNKNOWN', message: 'no answer' }, request);
  const { validResponseCodes } = request;
  const isKeel = request.endpoint.isNative;
  if (isPage(answer) && answer.status < 300) return pageVerdict(request);
  if (validResponseCodes.includes(answer.status))
    return accepted(`answered ${answer.status}, which valid_response_codes allows`);
  if (validResponseCodes.length === 0 && (answer.status === 200 || !isKeel) && answer.status < 300)
    return okVerdict(request, answer);
  if (answer.status < 300) {
    const expected = validResponseCodes.length === 0 ? '200' : validResponseCodes.join(' or ');
    return refused('keel-answer', `answered ${answer.status} instead of ${expected}`, VALID_HINT, 'unknown');
  }
  return answer.status < 400 ? redirectVerdict(request, answer) : errorVerdict(request, answer);
}

function okVerdict(request: KeelRequest, answer: Answer): Verdict {
  if (!request.endpoint.isNative || answer.body.trim() === '')
    return accepted('accepted the webhook (queued)');
  return refused(
    'keel-answer',
    `answered 200 with "${firstLine(answer)}", but Keel answers with an empty body, so another service is listening there`,
    `check host and port of urls; ${VALID_HINT}`,
    'unknown',
  );
}

/**
 * The verdict on an HTML page. Keel's user interface answers any unknown path or method with its start page
 * and 200 (measured, with UI files present).
 */
function pageVerdict({ endpoint }: KeelRequest): Verdict {
  return refused(
    'keel-path',
    `answered 200 with an HTML page, because "${new URL(endpoint.url).pathname}" is not a webhook; Keel queued nothing`,
    pathHint(endpoint.url),
    'no',
  );
}

function redirectVerdict({ endpoint }: KeelRequest, answer: Answer): Verdict {
  const { location } = answer.headers;
  const target = location ? (URL.parse(location, endpoint.url) ?? undefined) : undefined;
  const where = target === undefined ? '' : ` to ${target.origin}${target.pathname}`;
  return refused(
    'keel-redirect',
    `answered ${answer.status}, a redirect${where}; this step does not follow it, because the POST would become a GET`,
    new URL(endpoint.url).pathname.includes('//')
      ? `the path has a double slash; ${pathHint(endpoint.url)}`
      : target === undefined
        ? pathHint(endpoint.url)
        : `if that is your Keel, set urls to the address that it redirects to; ${pathHint(endpoint.url)}`,
    'no',
  );
}

function errorVerdict(request: KeelRequest, answer: Answer): Verdict {
  const { status } = answer;
  const quoted = firstLine(answer) === '' || isPage(answer) ? '' : `: "${firstLine(answer)}"`;
  const head = `answered ${status}${quoted}`;
  if (status >= 500) {
    // Keel's webhook never sends these statuses. They come from a proxy in front of it.
    const taken = status === 503 ? 'no' : 'unknown';
    return refused(
      'keel-server',
      request.repeatable || status === 503 ? `${head}, also after retries` : head,
      'check the log of Keel, and of the proxy in front of it',
      taken,
    );
  }
  const [code, message, hint] = refusalOf(request, status, head, quoted !== '');
  return refused(code, message, hint, 'no');
}

function refusalOf(
  request: KeelRequest,
  status: number,
  head: string,
  hasText: boolean,
): [code: ErrorCode, message: string, hint: string] {
  const { endpoint, headers } = request;
  const hasCredentials = request.auth !== undefined || headers.Authorization !== undefined;
  switch (status) {
    case 400:
      return [
        'keel-body',
        hasText ? head : `${head}: it cannot read the body`,
        `${NATIVE_PATH} expects { "name": "registry.example.com:5000/team/web", "tag": "1.4.2" }`,
      ];
    case 401:
      return hasCredentials
        ? [
            'keel-credentials',
            `${head}: username or password is wrong`,
            'compare them with BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel, and check that promotions may use these secrets',
          ]
        : [
            'keel-credentials',
            `${head}, and username is not set`,
            'set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel',
          ];
    case 403:
      return [
        'keel-forbidden',
        head,
        'Keel never sends this status; check the proxy, ingress or network policy in front of it',
      ];
    case 404:
      return ['keel-path', `${head}: this path does not exist`, pathHint(endpoint.url)];
    case 405:
      return [
        'keel-path',
        `${head} to ${request.method}`,
        `Keel accepts webhooks only with POST; ${pathHint(endpoint.url)}`,
      ];
    case 407:
      return [
        'keel-proxy',
        head,
        'a proxy in front of Keel wants credentials; set no_proxy for the host of Keel, or set urls to another address',
      ];
    case 413:
      return ['keel-body', head, 'the body is too large for the proxy in front of Keel'];
    case 429:
      return [
        'keel-busy',
        `${head}, also after retries`,
        'a proxy in front of Keel limits requests; try again later',
      ];
    default:
      return ['keel-answer', head, `check urls; ${VALID_HINT}`];
  }
}

/** Suggests the same address with Keel's own path. */
function pathHint(address: string): string {
  const url = new URL(address);
  const right = `${url.origin}${NATIVE_PATH}`;
  return url.pathname === NATIVE_PATH
    ? `the path is correct, so check host and port (Keel listens on 9300)`
    : `set urls to ${right}`;
}

function isPage({ headers, body }: Answer): boolean {
  return /\bhtml\b/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype\s+html|html)\b/i.test(body);
}

function firstLine({ body }: Answer): string {
  const line = body.trim().split(/\r?\n/)[0] ?? '';
  // This text of an unknown server goes into a log, so it has no control characters and a limited length.
  const clean = line.replace(/\p{Cc}/gu, ' ');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}

/** The verdict on an address that accepted the webhook. */
export function accepted(message: string): Verdict {
  return { accepted: true, taken: 'yes', code: undefined, message, hint: undefined };
}

function refused(code: ErrorCode, message: string, hint: string, taken: 'no' | 'unknown'): Verdict {
  return { accepted: false, taken, code, message, hint };
}
