import type { ErrorCode } from '../../../errors.ts';
import type { Failure, Verdict } from './answer.ts';
import type { KeelRequest } from './requests.ts';

/** What is said of failures of one kind. `taken` is "no" where the request cannot have left. */
interface Kind {
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly taken: 'no' | 'unknown';
  readonly what: (host: string) => string;
  readonly hint: string;
}

const MAYBE = 'the webhook may have been taken: look at the workload before you promote again';

/** Codes are those of Node: system errors, getaddrinfo, OpenSSL's verification (X509_V_ERR_… without its head) and llhttp (HPE_…). */
const KINDS: readonly Kind[] = [
  {
    codes: /^ECONNREFUSED$/,
    code: 'keel-refused',
    taken: 'no',
    what: (host) => `nobody listens at ${host}: the connection was refused`,
    hint: 'check host and port of urls (Keel listens on 9300), and that its pod is running',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_FAIL)$/,
    code: 'keel-dns',
    taken: 'no',
    what: (host) => `the name of ${host} is not known here`,
    hint: 'check the host in urls; a name of the cluster (….svc) is only known inside of it',
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
    code: 'keel-network',
    taken: 'no',
    what: (host) => `there is no way to ${host} from here`,
    hint: 'check that the runner may reach the network that Keel is in',
  },
  {
    codes: /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/,
    code: 'keel-certificate',
    taken: 'no',
    what: (host) => `the certificate of ${host} is not trusted`,
    hint: 'give the CA to Node with NODE_EXTRA_CA_CERTS, or set skip_verify if you know who answers there',
  },
  {
    codes: /^(EPROTO|ERR_SSL_|ERR_TLS_)/,
    code: 'keel-tls',
    taken: 'no',
    what: (host) => `${host} does not speak TLS as it should`,
    hint: 'Keel itself speaks plain http: write http:// in urls, or the port of the ingress before it',
  },
  {
    codes: /^HPE_/,
    code: 'keel-protocol',
    taken: 'unknown',
    what: (host) => `what ${host} answers is not HTTP`,
    hint: 'write https:// in urls if that port speaks TLS; else check the port (Keel listens on 9300)',
  },
  {
    codes: /^(TIMEOUT|ETIMEDOUT|ESOCKETTIMEDOUT)$/,
    code: 'keel-timeout',
    taken: 'unknown',
    what: (host) => `${host} did not answer in time`,
    hint: `check that the runner may reach Keel; ${MAYBE}`,
  },
  {
    codes: /^CANCELLED$/,
    code: 'keel-cancelled',
    taken: 'unknown',
    what: (host) => `the step was told to stop before ${host} answered`,
    hint: MAYBE,
  },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_SOCKET)$/,
    code: 'keel-reset',
    taken: 'unknown',
    what: (host) => `${host} broke the connection off`,
    hint: `if that port speaks TLS, write https:// in urls; else look at the log of Keel, which may have restarted; ${MAYBE}`,
  },
];

/** The verdict on a request without an answer. */
export function failureVerdict({ code, message }: Failure, { endpoint }: KeelRequest): Verdict {
  const { host } = new URL(endpoint.url);
  const kind = KINDS.find(({ codes }) => codes.test(code));
  if (kind === undefined) {
    return {
      accepted: false,
      taken: 'unknown',
      code: 'keel-failed',
      message: `the request to ${host} failed: ${message} (${code})`,
      hint: MAYBE,
    };
  }
  const detail = kind.code === 'keel-cancelled' ? '' : ` (${code})`;
  return {
    accepted: false,
    taken: kind.taken,
    code: kind.code,
    message: `${kind.what(host)}${detail}`,
    hint: kind.hint,
  };
}
