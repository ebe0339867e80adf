import type { IncomingHttpHeaders } from 'node:http';
import {
  type AdminParts,
  getApprovals,
  getAudit,
  getStats,
  postApproval,
  putApprovals,
  putPolicy,
  putTracked,
} from './admin.ts';
import { empty, json, type KeelAnswer, NOT_FOUND, page, text, UNAUTHORIZED } from './answer.ts';
import type { Auth } from './auth.ts';
import { decode, GoJsonError, stringIn } from './go-json.ts';
import type { Announced } from './records.ts';
import { resourceOf, trackedOf } from './resources.ts';

export interface KeelRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface RouteParts extends AdminParts {
  auth: Auth;
  /** BASIC_AUTH_* are set. */
  isAdminOn: boolean;
  authenticatedWebhooks: boolean;
  hasUi: boolean;
  /** Puts what a webhook announces into the queue. */
  announce(announced: Announced, triggerName: string): Promise<void>;
}

const NATIVE = '/v1/webhooks/native';

const VERSION = {
  name: 'keel',
  buildDate: '',
  revision: 'ffd5e05f',
  version: '0.22.1',
  apiVersion: '1',
  goVersion: 'go1.26.8',
  os: 'linux',
  arch: 'amd64',
  kernelVersion: '',
  experimental: false,
};

type Route = (parts: RouteParts, request: KeelRequest, url: URL) => KeelAnswer | Promise<KeelAnswer>;

const OPEN: Readonly<Record<string, Route>> = {
  'GET /healthz': () => empty(200),
  'GET /version': () => text(200, JSON.stringify(VERSION)),
  [`POST ${NATIVE}`]: native,
  // never authenticated (measured)
  'POST /v1/webhooks/registry': registry,
};

const ADMIN: Readonly<Record<string, Route>> = {
  'GET /v1/auth/user': ({ now }) => json(userAt(now())),
  'GET /v1/auth/info': ({ now }) => json(userAt(now())),
  'GET /v1/approvals': getApprovals,
  'POST /v1/approvals': (parts, { body }) => postApproval(parts, body),
  'PUT /v1/approvals': (parts, { body }) => putApprovals(parts, body),
  'GET /v1/resources': async ({ workloads }) => json(orNull((await workloads()).map(resourceOf))),
  'PUT /v1/policies': (parts, { body }) => putPolicy(parts, body),
  'GET /v1/tracked': async ({ workloads }) => json((await workloads()).flatMap(trackedOf)),
  'PUT /v1/tracked': (parts, { body }) => putTracked(parts, body),
  'GET /v1/audit': (parts, _, { searchParams }) => getAudit(parts, searchParams),
  'GET /v1/stats': getStats,
};

/** Keel's answer to a request, without the headers that are on every one. */
export async function answerTo(parts: RouteParts, request: KeelRequest): Promise<KeelAnswer> {
  const path = request.path.split('?')[0] ?? '';
  if (path.includes('//')) {
    return { status: 301, headers: { Location: path.replace(/\/{2,}/g, '/') }, body: '' };
  }
  if (request.method === 'OPTIONS') return empty(200);
  const url = new URL(request.path, 'http://keel');
  const key = `${request.method} ${path}`;
  const open = OPEN[key];
  if (open) return open(parts, request, url);
  if (parts.isAdminOn && key === 'POST /v1/auth/login') return parts.auth.login(request.body);
  const admin = parts.isAdminOn ? ADMIN[key] : undefined;
  if (admin)
    return parts.auth.isAdmin(request.headers.authorization) ? admin(parts, request, url) : UNAUTHORIZED;
  if (parts.isAdminOn && parts.hasUi) return page();
  const isOtherMethod = path === NATIVE && !parts.isAdminOn;
  return isOtherMethod ? empty(405) : NOT_FOUND;
}

async function native(parts: RouteParts, { headers, body }: KeelRequest): Promise<KeelAnswer> {
  if (parts.authenticatedWebhooks && !parts.auth.isAdmin(headers.authorization)) return UNAUTHORIZED;
  const fields = tryDecode(body);
  if (!fields) return empty(400);
  const [host, name, tag, digest] = ['host', 'name', 'tag', 'digest'].map((each) => stringIn(fields, each));
  if (!name) return text(400, 'repository name cannot be empty');
  if (!tag) return text(400, 'repository tag cannot be empty');
  await parts.announce({ host: host ?? '', name, tag, digest: digest ?? '' }, 'native');
  return empty(200);
}

async function registry(parts: RouteParts, { body }: KeelRequest): Promise<KeelAnswer> {
  for (const { action, target, request } of JSON.parse(body).events ?? []) {
    if (action !== 'push' || !target?.tag) continue;
    const name = `${request.host}/${target.repository}`;
    await parts.announce({ host: '', name, tag: target.tag, digest: target.digest ?? '' }, 'registry');
  }
  return empty(200);
}

function tryDecode(body: string) {
  try {
    return decode(body, { host: 'string', name: 'string', tag: 'string', digest: 'string' });
  } catch (error) {
    if (error instanceof GoJsonError) return undefined;
    throw error;
  }
}

/** Go writes an empty list that nobody made as `null`. */
function orNull<T>(list: T[]): T[] | null {
  return list.length === 0 ? null : list;
}

function userAt(ms: number) {
  return {
    id: '1',
    name: '',
    username: '',
    avatar: '',
    status: 1,
    last_login_ip: '',
    last_login_time: Math.floor(ms / 1000),
    role_id: 'admin',
    auth_mode: 'legacy',
  };
}
