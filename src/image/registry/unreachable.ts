import { messageOf, PromoteError } from '../../errors.ts';
import { isBusy } from './retry.ts';

/** The error for a registry that gave no usable answer, with the reason and a hint. */
export function unreachable(url: URL, error: unknown, status: number | undefined): PromoteError {
  const { code, message } = innermost(error);
  const reason =
    status === 429
      ? 'it limits the rate of requests (429) for longer than the timeout'
      : status !== undefined && isBusy(status)
        ? `it answers ${status}`
        : code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED'
          ? 'it did not answer in time'
          : message;
  return new PromoteError(
    'registry-unreachable',
    `The registry at ${url.host} cannot be reached: ${reason}.`,
    {
      cause: error,
      ...(PLAIN_HTTP.test(`${code} ${message}`)
        ? { hint: 'It does not speak TLS. If it speaks plain HTTP, `insecure: true` allows that.' }
        : CERTIFICATE.test(`${code} ${message}`)
          ? { hint: 'Set `registry_ca` to the certificate authority (PEM), or `insecure: true`.' }
          : {}),
    },
  );
}

/** The errors of TLS after an answer in plain HTTP. */
const PLAIN_HTTP = /EPROTO|WRONG_VERSION|wrong version number|packet length too long/i;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|certificate/i;

/** Whether an unreachable registry may speak plain HTTP. */
export function mayBePlainHttp(error: unknown, url: URL): boolean {
  if (!(error instanceof PromoteError) || error.code !== 'registry-unreachable') return false;
  const { code, message } = innermost(error.cause);
  const refused = code === 'ECONNREFUSED' && url.port === '';
  return refused || code === 'ECONNRESET' || PLAIN_HTTP.test(`${code} ${message}`);
}

/**
 * The innermost error. axios wraps the error of the socket, and Node wraps one for each address that it
 * tried.
 */
function innermost(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: messageOf(error) };
  const { code } = error as NodeJS.ErrnoException;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const deeper = inner instanceof Error ? innermost(inner) : undefined;
  return { code: code ?? deeper?.code, message: error.message || deeper?.message || error.name };
}
