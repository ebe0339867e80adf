import type { ErrorCode } from '../../../errors.ts';
import type { Answer, Attempt, Verdict } from './answer.ts';
import { NATIVE_PATH } from './endpoint.ts';
import { failureVerdict } from './failures.ts';
import type { KeelRequest } from './requests.ts';

const VALID_HINT = 'if that is the right answer here, set valid_response_codes to it';

/**
 * The verdict on all tries of one request: the last one stands, and an earlier one whose end is not known makes it uncertain whether
 * the webhook was taken. As measured on Keel 0.22.1: it takes a webhook with 200, no body and no Content-Type; everything else is no
 * answer of its native webhook, or a refusal.
 */
export function verdictOf(request: KeelRequest, attempts: readonly Attempt[]): Verdict {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error('a verdict needs at least one try');
  const verdict = judged(request, last);
  if (verdict.taken !== 'no') return verdict;
  const isUnclear = attempts.slice(0, -1).some((attempt) => judged(request, attempt).taken === 'unknown');
  return isUnclear ? { ...verdict, taken: 'unknown' } : verdict;
}

function judged(request: KeelRequest, { answer, failure }: Attempt): Verdict {
  if (answer === undefined)
    return failureVerdict(failure ?? { code: 'UNKNOWN', message: 'no answer' }, request);
  const { validResponseCodes } = request;
  const isKeel = request.endpoint.isNative;
  if (isPage(answer) && answer.status < 300) return pageVerdict(request);
  if (validResponseCodes.includes(answer.status))
    return accepted(`answered ${answer.status}, as valid_response_codes allows`);
  if (validResponseCodes.length === 0 && (answer.status === 200 || !isKeel) && answer.status < 300)
    return okVerdict(request, answer);
  if (answer.status < 300) {
    const expected = validResponseCodes.length === 0 ? '200' : validResponseCodes.join(' or ');
    return refused(
      'keel-answer',
      `answered ${answer.status}, where ${expected} was expected`,
      VALID_HINT,
      'unknown',
    );
  }
  return answer.status < 400 ? redirectVerdict(request, answer) : errorVerdict(request, answer);
}

function okVerdict(request: KeelRequest, answer: Answer): Verdict {
  if (!request.endpoint.isNative || answer.body.trim() === '') return accepted('took the webhook (queued)');
  return refused(
    'keel-answer',
    `answered 200 with "${firstLine(answer)}", but Keel takes a webhook without a word: something else answers there`,
    `check host and port of urls; ${VALID_HINT}`,
    'unknown',
  );
}

/** The user interface of Keel answers any unknown path or method with its start page and 200 (measured, with UI files present). */
function pageVerdict({ endpoint }: KeelRequest): Verdict {
  return refused(
    'keel-path',
    `answered 200 with an HTML page: "${new URL(endpoint.url).pathname}" is not a webhook, and nothing was queued`,
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
    `answered ${answer.status}, a redirect${where}; it is not followed, because the POST would become a GET`,
    new URL(endpoint.url).pathname.includes('//')
      ? `the path has a double slash; ${pathHint(endpoint.url)}`
      : target === undefined
        ? pathHint(endpoint.url)
        : `if that is your Keel, write the address in urls that it redirects to; ${pathHint(endpoint.url)}`,
    'no',
  );
}

function errorVerdict(request: KeelRequest, answer: Answer): Verdict {
  const { status } = answer;
  const said = firstLine(answer) === '' || isPage(answer) ? '' : `: "${firstLine(answer)}"`;
  const head = `answered ${status}${said}`;
  if (status >= 500) {
    // Keel's webhook has no answers of this kind: they come from what stands before it.
    const taken = status === 503 ? 'no' : 'unknown';
    return refused(
      'keel-server',
      request.repeatable || status === 503 ? `${head}, also when asked again` : head,
      'look at the log of Keel, and of the proxy before it',
      taken,
    );
  }
  const [code, message, hint] = refusalOf(request, status, head, said !== '');
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
        hasText ? head : `${head}: the body is not what it can read`,
        `${NATIVE_PATH} wants { "name": "registry.example.com:5000/team/web", "tag": "1.4.2" }`,
      ];
    case 401:
      return hasCredentials
        ? [
            'keel-credentials',
            `${head}: username or password is wrong`,
            'compare them with BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel, and look whether the secrets exist for promotions',
          ]
        : [
            'keel-credentials',
            `${head}, and no username was given`,
            'set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel',
          ];
    case 403:
      return [
        'keel-forbidden',
        head,
        'Keel does not answer so: look at the proxy, ingress or network policy before it',
      ];
    case 404:
      return ['keel-path', `${head}: there is no such path`, pathHint(endpoint.url)];
    case 405:
      return [
        'keel-path',
        `${head} to ${request.method}`,
        `Keel takes webhooks with POST; ${pathHint(endpoint.url)}`,
      ];
    case 407:
      return [
        'keel-proxy',
        head,
        'a proxy stands between; set no_proxy for the host of Keel, or name another way in urls',
      ];
    case 413:
      return ['keel-body', head, 'the body is too large for what stands before Keel'];
    case 429:
      return [
        'keel-busy',
        `${head}, also when asked again`,
        'something before Keel limits requests; try again later',
      ];
    default:
      return ['keel-answer', head, `check urls; ${VALID_HINT}`];
  }
}

/** The address with Keel's own path in the place of what stands there. */
function pathHint(address: string): string {
  const url = new URL(address);
  const right = `${url.origin}${NATIVE_PATH}`;
  return url.pathname === NATIVE_PATH
    ? `the path is right for Keel, so check host and port (Keel listens on 9300)`
    : `set urls to ${right}`;
}

function isPage({ headers, body }: Answer): boolean {
  return /\bhtml\b/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype\s+html|html)\b/i.test(body);
}

function firstLine({ body }: Answer): string {
  const line = body.trim().split(/\r?\n/)[0] ?? '';
  // What a stranger's server sends goes into a log: no control characters, and not the whole of it.
  const clean = line.replace(/\p{Cc}/gu, ' ');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}

/** The verdict on an address that took what it was to take. */
export function accepted(message: string): Verdict {
  return { accepted: true, taken: 'yes', code: undefined, message, hint: undefined };
}

function refused(code: ErrorCode, message: string, hint: string, taken: 'no' | 'unknown'): Verdict {
  return { accepted: false, taken, code, message, hint };
}
