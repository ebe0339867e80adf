import axios, { type AxiosResponse, isAxiosError } from 'axios';
import { PromoteError } from '../../../errors.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import { NATIVE_PATH } from '../webhook/endpoint.ts';
import type { KeelRequest } from '../webhook/requests.ts';
import { trustingAgent } from '../webhook/send.ts';
import { readApprovals, readAudit, readResources, readVersion } from './answers.ts';
import type { Approval, AuditEntry } from './approval.ts';

/**
 * The result of a request. `absent`: this Keel has no admin API (404, basic authentication is off); `denied`:
 * 401; `down`: no answer, or an answer that is not Keel's, with the reason.
 */
export type Reply<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'down'; readonly reason: string };

/**
 * The actions that Keel knows. It treats any other word as an approval (measured), so nothing else is ever
 * sent.
 */
const ACTIONS = ['approve', 'reject', 'archive'] as const;
type ApprovalAction = (typeof ACTIONS)[number];

/**
 * Keel's admin API. No call rejects because of a network error, and no call retries: the caller does that.
 */
export interface Admin {
  /** `HOST:PORT`, for the log. */
  readonly host: string;
  /**
   * Whether the webhook accepts a POST without credentials. The test POST names no image, so it does nothing.
   */
  isOpen(): Promise<boolean>;
  version(): Promise<Reply<string | undefined>>;
  resources(): Promise<Reply<KeelWorkload[]>>;
  approvals(): Promise<Reply<Approval[]>>;
  /** The newest entries on approvals. */
  audit(): Promise<Reply<AuditEntry[]>>;
  /** Votes, or archives a record. @throws PromoteError `internal` for an action that Keel does not know */
  act(approval: Approval, action: ApprovalAction, voter: string): Promise<Reply<undefined>>;
}

/** The time for one answer, from the connection to its last byte. */
const TIMEOUT_MS = 5_000;
/** In bytes. Thousands of records of a few hundred bytes are a few megabytes. */
const ANSWER_LIMIT = 32 * 1024 * 1024;
/** Entries of the audit log to read. The step saw its record half a second ago, so its entries are recent. */
const AUDIT_LIMIT = 500;

/** The admin API of the Keel that a webhook goes to, with the same credentials. */
export function adminOf(request: Pick<KeelRequest, 'auth' | 'endpoint' | 'skipVerify'>): Admin {
  const { auth, endpoint, skipVerify } = request;
  const url = new URL(endpoint.url);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '').slice(0, -NATIVE_PATH.length)}`;

  async function ask<T>(path: string, read: (value: unknown) => T, data?: object): Promise<Reply<T>> {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const answer = await axios.request<string>({
        url: `${base}${path}`,
        method: data === undefined ? 'GET' : 'POST',
        headers: {
          'User-Agent': 'drone-promote',
          ...(data === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        data: data === undefined ? undefined : JSON.stringify(data),
        ...(auth === undefined ? {} : { auth }),
        responseType: 'text',
        // Keel sends approvals as JSON with the content type text/plain
        transformResponse: (text: string) => text,
        maxRedirects: 0,
        maxContentLength: ANSWER_LIMIT,
        validateStatus: () => true,
        signal: limit,
        ...(skipVerify ? { httpsAgent: await trustingAgent() } : {}),
      });
      return replyOf(answer, read);
    } catch (error) {
      return { kind: 'down', reason: limit.aborted ? 'no answer in time' : reasonOf(error) };
    }
  }

  return {
    host: url.host,
    async isOpen() {
      try {
        const { status } = await axios.post(endpoint.url, '{}', {
          headers: { 'User-Agent': 'drone-promote', 'Content-Type': 'application/json' },
          responseType: 'text',
          maxRedirects: 0,
          maxContentLength: ANSWER_LIMIT,
          validateStatus: () => true,
          signal: AbortSignal.timeout(TIMEOUT_MS),
          ...(skipVerify ? { httpsAgent: await trustingAgent() } : {}),
        });
        // Keel checks the credentials before the body (measured)
        return status === 400;
      } catch {
        return false;
      }
    },
    version: () => ask('/version', readVersion),
    resources: () => ask('/v1/resources', readResources),
    approvals: () => ask('/v1/approvals', readApprovals),
    audit: () => ask(`/v1/audit?filter=approval&limit=${AUDIT_LIMIT}`, readAudit),
    act(approval, action, voter) {
      if (!ACTIONS.includes(action))
        throw new PromoteError('internal', `"${action}" is not an action of an approval.`);
      const { id, identifier } = approval;
      return ask('/v1/approvals', () => undefined, { id, identifier, action, voter });
    },
  };
}

function replyOf<T>({ status, data, headers }: AxiosResponse<string>, read: (value: unknown) => T): Reply<T> {
  if (status === 401) return { kind: 'denied' };
  if (status === 404) return { kind: 'absent' };
  if (status !== 200) return { kind: 'down', reason: `status ${status}` };
  if (/\bhtml\b/i.test(String(headers['content-type'] ?? '')))
    return { kind: 'down', reason: 'an HTML page' };
  try {
    return { kind: 'ok', value: read(JSON.parse(data)) };
  } catch {
    return { kind: 'down', reason: "an answer that is not Keel's" };
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (isAxiosError(error) && /maxContentLength/.test(message))
    return `an answer of more than ${ANSWER_LIMIT / 1024 / 1024} MiB`;
  return code ?? message;
}
