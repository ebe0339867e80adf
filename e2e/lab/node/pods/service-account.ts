import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod } from 'kubernetes-types/core/v1';
import type { NodeApi } from '../api.ts';

/** Where client libraries look for the account of their pod; they cannot be told another place. */
export const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether the container gets the account of its pod: the API server has mounted it, unless it was told not to. */
export function hasAccount({ volumeMounts = [] }: Pick<Container, 'volumeMounts'>): boolean {
  return volumeMounts.some(({ mountPath }) => mountPath === ACCOUNT_PATH);
}

/** Writes token, ca.crt and namespace into the folder, as they are in a pod. The token is bound to the pod, and dies with it. */
export async function writeAccount(api: NodeApi, pod: Pod, folder: string): Promise<void> {
  const { name, namespace = '', uid } = pod.metadata ?? {};
  const core = `/api/v1/namespaces/${namespace}`;
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3607, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
  };
  const account = pod.spec?.serviceAccountName ?? 'default';
  const answer = await api.call('POST', `${core}/serviceaccounts/${account}/token`, request);
  const authority = await api.call('GET', `${core}/configmaps/kube-root-ca.crt`);
  const { token } = (answer as { status: { token: string } }).status;
  const files = { token, namespace, ...(authority as { data: Record<string, string> }).data };
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}
