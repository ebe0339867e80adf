import type { PodSecurityContext, SecurityContext } from 'kubernetes-types/core/v1';

/**
 * The pod-level fields of the `restricted` pod security standard. Source:
 * kubernetes.io/docs/concepts/security/pod-security-standards. The user id is set because an image without a
 * numeric user would not start with `runAsNonRoot`.
 */
export const RESTRICTED_POD: Readonly<PodSecurityContext> = {
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The container-level fields of the `restricted` pod security standard. */
export const RESTRICTED_CONTAINER: Readonly<SecurityContext> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};
