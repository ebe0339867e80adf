import type { Secret } from 'kubernetes-types/core/v1';
import { quotedForShell } from '../shell-text.ts';
import { textOf } from './yaml.ts';

/** Whose credentials are made, and where they are used. */
export interface Access {
  namespace: string;
  account: string;
  /** The address of the API server, as the machine that runs the step reaches it. */
  server: string;
}

/** A Secret that Kubernetes fills with a token of the account that does not expire. Since 1.24 an account has none by itself. */
export function tokenSecret({ namespace, account }: Omit<Access, 'server'>): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: {
      name: secretName(account),
      namespace,
      annotations: { 'kubernetes.io/service-account.name': account },
    },
  };
}

/** The kubeconfig of the account, as YAML. @param ca base64 of PEM */
export function kubeconfigOf({ namespace, account, server }: Access, token: string, ca: string): string {
  return textOf({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': account,
    clusters: [{ name: 'cluster', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: account, user: { token } }],
    contexts: [{ name: account, context: { cluster: 'cluster', user: account, namespace } }],
  });
}

/**
 * Shell lines that an administrator runs: they make the Secret, write a kubeconfig out of it, try that, and hand it to Drone.
 *
 * @param repository in Drone; undefined leaves it to the reader
 * @param rights YAML of the account and its rights, to apply first; undefined if they are applied already
 */
export function setupScript(access: Access, repository: string | undefined, rights?: string): string {
  const { namespace, account, server } = access;
  const secret = `kubectl -n ${namespace} get secret ${secretName(account)}`;
  const names = {
    kubeconfig: kubeconfigOf({ ...access, server: '$SERVER' }, '$TOKEN', '$CA'),
    secret: textOf(tokenSecret(access)),
  };
  const order = rights === undefined ? ', after its rights are applied' : '';
  const first =
    rights === undefined
      ? ''
      : `\n# the account and its rights\nkubectl apply -f - <<'YAML'\n${rights}YAML\n`;
  return `# Credentials of ServiceAccount ${account} in namespace ${namespace}. Run by an administrator${order}.
set -eu
${first}
# a token that does not expire; to take it back, delete the Secret
kubectl apply -f - <<'YAML'
${names.secret}YAML
# Kubernetes fills it within a moment
for _ in 1 2 3 4 5 6 7 8 9 10; do
  TOKEN=$(${secret} -o jsonpath='{.data.token}' | base64 --decode)
  [ -z "$TOKEN" ] || break
  sleep 1
done
[ -n "$TOKEN" ] || { echo 'the Secret has no token: does the ServiceAccount exist?' >&2; exit 1; }
CA=$(${secret} -o jsonpath='{.data.ca\\.crt}')
SERVER=${quotedForShell(server)}${isLoopback(server) ? ' # a step on another machine, or in a container, does not reach this address' : ''}

umask 077
cat > kubeconfig.yaml <<YAML
${names.kubeconfig}YAML
kubectl --kubeconfig kubeconfig.yaml auth can-i --list

drone secret add --repository ${repository === undefined ? 'OWNER/NAME' : quotedForShell(repository)} --name kubeconfig --data @kubeconfig.yaml
rm kubeconfig.yaml
`;
}

function secretName(account: string): string {
  return `${account}-token`;
}

function isLoopback(server: string): boolean {
  const host = URL.parse(server)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
