import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { delimiter } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf, PromoteError } from '../errors.ts';
import { USER_AGENT } from '../version.ts';

/**
 * How the user wants to connect to the cluster. If nothing is set, the pod's service account is used, from
 * inside the cluster.
 */
export interface Access {
  /** The content of a kubeconfig, the base64 of it, a path to it, or several paths as in KUBECONFIG. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  server?: string | undefined;
  token?: string | undefined;
  /** PEM, or the base64 of it. */
  ca?: string | undefined;
}

/** The server's address, and what every request needs. */
export interface Connection {
  readonly config: KubeConfig;
  readonly server: string;
  /** The namespace of the kubeconfig's context or of the pod, if there is one. */
  readonly namespace: string | undefined;
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
  /** Headers with the token, read again each time, because the token of a pod rotates. */
  headers(): Promise<Record<string, string>>;
}

/**
 * Prepares a connection: reads files, and sends no request.
 *
 * @throws PromoteError `cluster` if the access is incomplete or does not parse
 */
export async function connect(access: Access): Promise<Connection> {
  const config = load(access);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) {
    const known = config.getContexts().map((context) => context.name);
    throw new PromoteError('cluster', 'The kubeconfig has no cluster for its current context.', {
      hint: `Set \`context\` to one of: ${known.join(', ') || '(it has none)'}.`,
    });
  }
  // watches take the address from the config, so it is corrected there
  const server = cluster.server.replace(/\/+$/, '');
  // client-node wants a second confirmation of plain HTTP; `http://` is enough here
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
  throw new PromoteError('cluster', 'No cluster is set, and this step does not run inside a cluster.', {
    hint: 'Set `kubeconfig` (content, base64 or a path), or `server`, `token` and `ca`.',
  });
}

function readKubeconfig(config: KubeConfig, given: string): void {
  try {
    const text = kubeconfigText(given);
    if (text === undefined) loadFiles(config, given.trim().split(delimiter));
    else config.loadFromString(text);
    if (config.getClusters().length === 0) throw new Error('it has no clusters');
  } catch (error) {
    // after its first line, an error of the YAML parser shows lines of the file, which may contain a token
    const [message] = messageOf(error).split('\n', 1);
    throw new PromoteError('cluster', `\`kubeconfig\` cannot be read: ${message}.`, {
      cause: error,
      hint: 'It takes the content of a kubeconfig file, the base64 of it, or a path to it.',
    });
  }
}

/** The first file has the current context, as with kubectl; the others add to it. */
function loadFiles(config: KubeConfig, [first = '', ...others]: readonly string[]): void {
  config.loadFromFile(first);
  for (const path of others) {
    const other = new KubeConfig();
    other.loadFromFile(path);
    config.mergeConfig(other, true);
  }
}

/**
 * The content, if `given` is the content or its base64 (also in lines, as `base64` prints it); undefined if
 * it is a path.
 */
function kubeconfigText(given: string): string | undefined {
  const text = given.trim();
  // every YAML map has a colon or a brace, and base64 never does
  if (text.startsWith('{') || (text.includes('\n') && text.includes(':'))) return given;
  if (text.split(delimiter).every((path) => existsSync(path))) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  if (decoded.includes('clusters')) return decoded;
  if (Buffer.from(decoded, 'base64').toString('utf8').includes('clusters'))
    throw new Error('it is the base64 of base64; encode the file once');
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
