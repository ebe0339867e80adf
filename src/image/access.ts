import { type Credential, credentialIn, registryHost } from './registry/credentials.ts';

/** The settings for the access to a registry. */
export interface RegistryAccess {
  registry?: string | undefined;
  registry_username?: string | undefined;
  registry_password?: string | undefined;
  /** Keel's if `urls` is set, otherwise the registry's. */
  username?: string | undefined;
  password?: string | undefined;
  urls?: readonly string[] | undefined;
  config?: string | undefined;
}

/** Reads the pull secrets of the workload, each a docker config. */
export type PullSecrets = () => Promise<readonly string[]>;

export interface FoundCredential {
  credential: Credential;
  /** Whether it comes from the settings, which are wrong if the registry refuses it. */
  given: boolean;
}

/**
 * The credential for a repository: from the settings, else from `config`, else from the workload's pull
 * secrets, which are read only if needed.
 *
 * @throws PromoteError `registry-config`
 */
export async function credentialFor(
  settings: RegistryAccess,
  host: string,
  path: string,
  pullSecrets: PullSecrets,
): Promise<FoundCredential | undefined> {
  const own = ownCredential(settings);
  if (own && registryHost(settings.registry ?? host) === registryHost(host))
    return { credential: own, given: true };
  const configured = settings.config === undefined ? undefined : credentialIn(settings.config, host, path);
  if (configured) return { credential: configured, given: true };
  for (const secret of await pullSecrets()) {
    const credential = credentialIn(secret, host, path, 'An image pull secret');
    if (credential) return { credential, given: false };
  }
  return undefined;
}

function ownCredential(settings: RegistryAccess): Credential | undefined {
  const isKeel = settings.urls !== undefined;
  const username = settings.registry_username ?? (isKeel ? undefined : settings.username);
  const password = settings.registry_password ?? (isKeel ? undefined : settings.password);
  return username === undefined && password === undefined
    ? undefined
    : { username: username ?? '', password: password ?? '' };
}
