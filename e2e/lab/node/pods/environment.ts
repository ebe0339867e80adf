import type { Container, EnvVar, Pod } from 'kubernetes-types/core/v1';

/** What the node knows of a pod besides its object. */
export interface PodFacts {
  pod: Pod;
  podIP: string;
  hostIP: string;
}

/** The values of the Secrets that a container names, by `SECRET/KEY`. */
export type SecretValues = Readonly<Record<string, string>>;

/** The Secrets that a container's variables come from, by name. */
export function secretsNamed({ env = [] }: Container): string[] {
  return [...new Set(env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []))];
}

/**
 * The environment of a container's process: what the container asks for, and what every container gets. `$(NAME)` is what was named
 * before, and `$$` a dollar, as a kubelet has it.
 *
 * @throws Error where a variable comes from something that this node does not know
 */
export function environmentOf(
  { env = [], envFrom = [] }: Container,
  facts: PodFacts,
  server: { host: string; port: string },
  secrets: SecretValues = {},
): Record<string, string> {
  if (envFrom.length > 0) throw new Error('this node knows no envFrom');
  const result: Record<string, string> = {
    HOSTNAME: facts.pod.metadata?.name ?? '',
    KUBERNETES_SERVICE_HOST: server.host,
    KUBERNETES_SERVICE_PORT: server.port,
  };
  for (const variable of env) result[variable.name] = expanded(variable, facts, result, secrets);
  return result;
}

function expanded(
  { name, value = '', valueFrom }: EnvVar,
  facts: PodFacts,
  known: Readonly<Record<string, string>>,
  secrets: SecretValues,
): string {
  if (valueFrom) {
    const { fieldRef, secretKeyRef } = valueFrom;
    const found = secretKeyRef
      ? secrets[`${secretKeyRef.name}/${secretKeyRef.key}`]
      : fieldOf(facts, fieldRef?.fieldPath);
    if (found === undefined) throw new Error(`this node knows no ${JSON.stringify(valueFrom)} (${name})`);
    return found;
  }
  return value.replace(/\$(\$|\(([^()]*)\))/g, (all, what: string, other: string) =>
    what === '$' ? '$' : (known[other] ?? all),
  );
}

function fieldOf({ pod, podIP, hostIP }: PodFacts, path = ''): string | undefined {
  const [, annotation] = /^metadata\.annotations\['([^']+)'\]$/.exec(path) ?? [];
  if (annotation !== undefined) return pod.metadata?.annotations?.[annotation] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name;
    case 'metadata.namespace':
      return pod.metadata?.namespace;
    case 'metadata.uid':
      return pod.metadata?.uid;
    case 'spec.nodeName':
      return pod.spec?.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName;
    case 'status.podIP':
      return podIP;
    case 'status.hostIP':
      return hostIP;
    default:
      return undefined;
  }
}
