import axios, { type AxiosResponse, isAxiosError } from 'axios';
import { PromoteError } from '../../../errors.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import { NATIVE_PATH } from '../webhook/endpoint.ts';
import type { KeelRequest } from '../webhook/requests.ts';
import { trustingAgent } from '../webhook/send.ts';
import { readApprovals, readAudit, readResources, readVersion } from './answers.ts';
import type { Approval, AuditEntry } from './approval.ts';

/**
 * What a question came to. `absent`: this Keel has no admin API (404, basic authentication is off); `denied`: 401; `down`: no answer, or
 * none of Keel's, with the reason.
 */
export type Reply<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'down'; readonly why: string };

/** The words that Keel knows; it takes any other for a yes (measured), so no other is ever sent. */
const ACTIONS = ['approve', 'reject', 'archive'] as const;
type ApprovalAction = (typeof ACTIONS)[number];

/** Keel's admin API. Nothing here rejects for what happens on the wire, and nothing is tried twice: who asks, asks again. */
export interface Admin {
  /** `HOST:PORT`, for people. */
  readonly host: string;
  /** Whether the webhook takes posts without credentials, as told by one that names no image and so does nothing. */
  isOpen(): Promise<boolean>;
  version(): Promise<Reply<string | undefined>>;
  resources(): Promise<Reply<KeelWorkload[]>>;
  approvals(): Promise<Reply<Approval[]>>;
  /** The newest entries on approvals. */
  audit(): Promise<Reply<AuditEntry[]>>;
  /** Votes, or puts a record away. @throws PromoteError `internal` for a word that Keel would take for a yes */
  act(approval: Approval, action: ApprovalAction, voter: string): Promise<Reply<undefined>>;
}

/** For one answer, from the connection to its last byte. */
const TIMEOUT_MS = 5_000;
/** Thousands of records of a few hundred bytes are a few megabytes. */
const ANSWER_LIMIT = 32 * 1024 * 1024;
/** Entries of the audit log: one's own record was there at the last look, half a second ago. */
const AUDIT_LIMIT = 500;

/** The admin API of the Keel that a webhook goes to, with the same credentials. */
export function adminOf(request: KeelRequest): Admin {
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
        // approvals are JSON that is called text/plain
        transformResponse: (text: string) => text,
        maxRedirects: 0,
        maxContentLength: ANSWER_LIMIT,
        validateStatus: () => true,
        signal: limit,
        ...(skipVerify ? { httpsAgent: await trustingAgent() } : {}),
      });
      return replyOf(answer, read);
    } catch (error) {
      return { kind: 'down', why: limit.aborted ? 'no answer in time' : reasonOf(error) };
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
        // credentials are asked for before the body is looked at (measured)
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
        throw new PromoteError('internal', `"${action}" is no action of an approval.`);
      const { id, identifier } = approval;
      return ask('/v1/approvals', () => undefined, { id, identifier, action, voter });
    },
  };
}

function replyOf<T>({ status, data, headers }: AxiosResponse<string>, read: (value: unknown) => T): Reply<T> {
  if (status === 401) return { kind: 'denied' };
  if (status === 404) return { kind: 'absent' };
  if (status !== 200) return { kind: 'down', why: `status ${status}` };
  if (/\bhtml\b/i.test(String(headers['content-type'] ?? ''))) return { kind: 'down', why: 'an HTML page' };
  try {
    return { kind: 'ok', value: read(JSON.parse(data)) };
  } catch {
    return { kind: 'down', why: "an answer that is none of Keel's" };
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (isAxiosError(error) && /maxContentLength/.test(message))
    return `an answer of more than ${ANSWER_LIMIT / 1024 / 1024} MiB`;
  return code ?? message;
}
