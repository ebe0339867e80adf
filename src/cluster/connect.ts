import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf, PromoteError } from '../errors.ts';
import { USER_AGENT } from '../version.ts';

/** How to reach the cluster, as the user said it. Nothing set means: from inside the cluster, with the pod's service account. */
export interface Access {
  /** The content of a kubeconfig, the base64 of it, or a path to it. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  server?: string | undefined;
  token?: string | undefined;
  /** PEM, or the base64 of it. */
  ca?: string | undefined;
}

/** A connection: the server's address, and what every request needs. */
export interface Connection {
  readonly config: KubeConfig;
  readonly server: string;
  /** The namespace of the kubeconfig's context or of the pod, if there is one. */
  readonly namespace: string | undefined;
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
  /** Headers with a token that is read anew: those of a pod rotate. */
  headers(): Promise<Record<string, string>>;
}

/**
 * Makes the connection; reads files, sends nothing.
 *
 * @throws PromoteError `cluster` where the access is incomplete or does not parse
 */
export async function connect(access: Access): Promise<Connection> {
  const config = load(access);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) {
    const known = config.getContexts().map((context) => context.name);
    throw new PromoteError('cluster', 'The kubeconfig names no cluster for the current context.', {
      hint: `Set \`context\` to one of: ${known.join(', ') || '(it has none)'}.`,
    });
  }
  // the watches take the address from the config, so it is put right there
  const server = cluster.server.replace(/\/+$/, '');
  // client-node wants plain HTTP to be said twice; who wrote http:// has said it.
  const plain = server.startsWith('http:') ? { skipTLSVerify: true } : {};
  config.clusters = config.clusters.map((each) =>
    each.name === cluster.name ? { ...each, server, ...plain } : each,
  );
  const options: https.RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new PromoteError('cluster', `The credentials cannot be used: ${messageOf(error)}.`, {
      cause: error,
      hint: 'Check `server`, `token`, `ca` or the user of the kubeconfig.',
    });
  }
  const { ca, cert, key, rejectUnauthorized, servername } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const proxied = cluster.proxyUrl ? (options.agent as https.Agent) : undefined;
  identify(config);
  return {
    config,
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    httpAgent: proxied ?? new http.Agent({ keepAlive: true }),
    // client-node's own agent opens a connection for each request
    httpsAgent: proxied ?? new https.Agent({ keepAlive: true, ...tls }),
    headers: async () => {
      const fresh: https.RequestOptions = {};
      await config.applyToHTTPSOptions(fresh);
      const basic = fresh.auth
        ? { Authorization: `Basic ${Buffer.from(fresh.auth).toString('base64')}` }
        : {};
      return { ...basic, ...(fresh.headers as Record<string, string> | undefined) };
    },
  };
}

/** Watches take their headers from the config; other requests set the User-Agent themselves. */
function identify(config: KubeConfig): void {
  const authenticate = config.applySecurityAuthentication.bind(config);
  config.applySecurityAuthentication = async (context) => {
    await authenticate(context);
    context.setHeaderParam('User-Agent', USER_AGENT);
  };
}

function load(access: Access): KubeConfig {
  const config = new KubeConfig();
  if (access.kubeconfig !== undefined) {
    readKubeconfig(config, access.kubeconfig);
    if (access.context !== undefined) selectContext(config, access.context);
    return config;
  }
  if (access.server !== undefined) {
    const ca = access.ca === undefined ? {} : { caData: base64Pem(access.ca) };
    config.loadFromClusterAndUser(
      { name: 'cluster', server: access.server, skipTLSVerify: false, ...ca },
      { name: 'user', ...(access.token === undefined ? {} : { token: access.token.trim() }) },
    );
    return config;
  }
  if (process.env.KUBERNETES_SERVICE_HOST) {
    config.loadFromCluster();
    return config;
  }
  throw new PromoteError('cluster', 'No cluster is named, and this step does not run inside one.', {
    hint: 'Set `kubeconfig` (content, base64 or a path), or `server`, `token` and `ca`.',
  });
}

function readKubeconfig(config: KubeConfig, given: string): void {
  try {
    const text = kubeconfigText(given);
    if (text === undefined) config.loadFromFile(given.trim());
    else config.loadFromString(text);
    if (config.getClusters().length === 0) throw new Error('it has no clusters');
  } catch (error) {
    // below its first line, an error of the YAML parser shows the lines around the fault, and a token may be among them
    const [message] = messageOf(error).split('\n', 1);
    throw new PromoteError('cluster', `\`kubeconfig\` cannot be read: ${message}.`, {
      cause: error,
      hint: 'It takes the content of a kubeconfig file, the base64 of it, or a path to it.',
    });
  }
}

/** The content, where it was given as such or as base64 (in lines too, as `base64` writes it); undefined where it is a path. */
function kubeconfigText(given: string): string | undefined {
  const text = given.trim();
  // a colon or a brace is in every YAML map, and never in base64
  if (text.startsWith('{') || (text.includes('\n') && text.includes(':'))) return given;
  if (existsSync(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  if (decoded.includes('clusters')) return decoded;
  throw new Error('it is neither a kubeconfig, nor the base64 of one, nor a file that exists');
}

function selectContext(config: KubeConfig, name: string): void {
  if (!config.getContextObject(name)) {
    const known = config.getContexts().map((context) => context.name);
    throw new PromoteError('cluster', `The kubeconfig has no context "${name}".`, {
      hint: `It has: ${known.join(', ')}.`,
    });
  }
  config.setCurrentContext(name);
}

function base64Pem(given: string): string {
  return given.includes('-----BEGIN') ? Buffer.from(given).toString('base64') : given.replace(/\s+/g, '');
}
