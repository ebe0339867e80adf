import { type Credential, credentialIn, registryHost } from './registry/credentials.ts';

/** What the settings say of the way to a registry. */
export interface RegistryAccess {
  registry?: string | undefined;
  registry_username?: string | undefined;
  registry_password?: string | undefined;
  /** Where `urls` is set they are Keel's, else the registry's. */
  username?: string | undefined;
  password?: string | undefined;
  urls?: readonly string[] | undefined;
  config?: string | undefined;
}

/** Pull secrets of the workload, each a docker config. */
export type PullSecrets = () => Promise<readonly string[]>;

export interface FoundCredential {
  credential: Credential;
  /** The settings have it; where it is refused, they are wrong. */
  given: boolean;
}

/**
 * The credential for a repository: the settings' own, else that of `config`, else the workload's pull
 * secrets, which are read only then.
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
