/**
 * The codes of refusals and errors, in the order of docs/errors.md. A code keeps its meaning, because scripts
 * read it.
 */
export const ERROR_CODES = [
  'settings',
  'event',
  'target',
  'ref',
  'window',
  'tag',
  'reference',
  'image',
  'platform',
  'digest',
  'requires',
  'signature',
  'verify-key',
  'trusted-root',
  'promote-to',
  'tag-locked',
  'handed-on',
  'registry-unreachable',
  'registry-denied',
  'registry-config',
  'registry',
  'manifest',
  'cluster',
  'unreachable',
  'api',
  'rights',
  'workload',
  'workload-ref',
  'argo-rollouts',
  'gateway-plugin',
  'gateway-route',
  'istio-route',
  'traefik-route',
  'undo',
  'container',
  'service',
  'ingress',
  'ingress-class',
  'unsplittable',
  'baseline',
  'selector',
  'foreign-canary',
  'name-taken',
  'paused',
  'replicas',
  'recreate',
  'host-port',
  'volume',
  'network-policy',
  'max-unavailable',
  'update-strategy',
  'room',
  'router',
  'mirror-requests',
  'preview',
  'unwatched',
  'check',
  'admission',
  'guard',
  'cancelled',
  'locked',
  'lock-lost',
  'record',
  'abort',
  'urls',
  'template',
  'body',
  'keel-admin',
  'keel-takers',
  'keel-refused',
  'keel-dns',
  'keel-network',
  'keel-certificate',
  'keel-tls',
  'keel-protocol',
  'keel-timeout',
  'keel-cancelled',
  'keel-reset',
  'keel-failed',
  'keel-answer',
  'keel-path',
  'keel-redirect',
  'keel-server',
  'keel-body',
  'keel-credentials',
  'keel-forbidden',
  'keel-proxy',
  'keel-busy',
  'internal',
] as const;

/** A code of docs/errors.md. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An error for users. `code` is stable and documented (docs/errors.md). `message` says what happened and what
 * was expected, and `hint` what to do next. Users never see the stack of the cause.
 */
export class PromoteError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PromoteError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of a thrown value, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A reason to refuse a promotion, with its code (docs/errors.md). All reasons are collected and reported
 * together.
 */
export interface Refusal {
  code: ErrorCode;
  message: string;
  hint?: string;
}
