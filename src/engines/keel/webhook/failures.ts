import type { ErrorCode } from '../../../errors.ts';
import type { Failure, Verdict } from './answer.ts';
import type { KeelRequest } from './requests.ts';

/** How to report failures of one kind. `taken` is "no" if the request cannot have been sent. */
interface Kind {
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly taken: 'no' | 'unknown';
  readonly describe: (host: string) => string;
  readonly hint: string;
}

const MAYBE = 'Keel may have accepted the webhook, so check the workload before you promote again';

/**
 * Kinds of failures by Node's error codes: system errors, getaddrinfo, OpenSSL's verification (X509_V_ERR_…
 * without its prefix) and llhttp (HPE_…).
 */
const KINDS: readonly Kind[] = [
  {
    codes: /^ECONNREFUSED$/,
    code: 'keel-refused',
    taken: 'no',
    describe: (host) => `nothing listens at ${host}: the connection was refused`,
    hint: 'check host and port of urls (Keel listens on 9300), and that its pod is running',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_FAIL)$/,
    code: 'keel-dns',
    taken: 'no',
    describe: (host) => `the name of ${host} cannot be resolved here`,
    hint: 'check the host in urls; a cluster name (….svc) resolves only inside the cluster',
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
    code: 'keel-network',
    taken: 'no',
    describe: (host) => `there is no route to ${host} from here`,
    hint: "check that the runner can reach Keel's network",
  },
  {
    codes: /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/,
    code: 'keel-certificate',
    taken: 'no',
    describe: (host) => `the certificate of ${host} is not trusted`,
    hint: 'set NODE_EXTRA_CA_CERTS to a file with the CA, or set skip_verify if you are sure that your Keel answers there',
  },
  {
    codes: /^(EPROTO|ERR_SSL_|ERR_TLS_)/,
    code: 'keel-tls',
    taken: 'no',
    describe: (host) => `${host} does not speak TLS correctly`,
    hint: 'Keel itself speaks plain http: write http:// in urls, or the port of the ingress in front of it',
  },
  {
    codes: /^HPE_/,
    code: 'keel-protocol',
    taken: 'unknown',
    describe: (host) => `the answer of ${host} is not HTTP`,
    hint: 'write https:// in urls if that port speaks TLS; otherwise check the port (Keel listens on 9300)',
  },
  {
    codes: /^(TIMEOUT|ETIMEDOUT|ESOCKETTIMEDOUT)$/,
    code: 'keel-timeout',
    taken: 'unknown',
    describe: (host) => `${host} did not answer in time`,
    hint: `check that the runner can reach Keel; ${MAYBE}`,
  },
  {
    codes: /^CANCELLED$/,
    code: 'keel-cancelled',
    taken: 'unknown',
    describe: (host) => `the step was cancelled before ${host} answered`,
    hint: MAYBE,
  },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_SOCKET)$/,
    code: 'keel-reset',
    taken: 'unknown',
    describe: (host) => `${host} closed the connection`,
    hint: `if that port speaks TLS, write https:// in urls; otherwise check the log of Keel, which may have restarted; ${MAYBE}`,
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
    message: `${kind.describe(host)}${detail}`,
    hint: kind.hint,
  };
}
