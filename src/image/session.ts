import type { Clock } from '../clock.ts';
import { credentialFor, type PullSecrets, type RegistryAccess } from './access.ts';
import { createRegistryClient } from './registry/client.ts';
import { createExchange } from './registry/exchange.ts';
import type { Source } from './registry/pull.ts';
import type { Reference } from './release/reference.ts';

export interface SessionSettings extends RegistryAccess {
  insecure?: boolean | undefined;
  registry_ca?: string | undefined;
  mirror?: readonly string[] | undefined;
}

export interface SessionDeps {
  clock: Clock;
  signal: AbortSignal;
  pullSecrets: PullSecrets;
}

/** All in milliseconds. */
export interface SessionLimits {
  /** From the connection to the head of an answer. */
  timeoutMs: number;
  /** The sum of all pauses before further tries. */
  pausesMs: number;
  /** The whole session. */
  deadlineMs: number;
}

/** Limits before a promotion, which waits for the registry. */
export const TO_LOOK: SessionLimits = { timeoutMs: 4_000, pausesMs: 10_000, deadlineMs: 30_000 };
/** Limits after a promotion. Nobody waits then, and layers may have to be copied. */
export const TO_TAG: SessionLimits = { timeoutMs: 30_000, pausesMs: 60_000, deadlineMs: 15 * 60_000 };

/** A conversation with the registry of one repository. */
export interface Session {
  /** The repository in its own registry, not in a mirror. */
  home: Source;
  /** The registries to read from: mirrors first, in their order. */
  sources: readonly Source[];
  /** Whether a credential of the settings was sent to the registry. */
  hasGiven(): boolean;
  requests(): number;
  close(): void;
}

export function openSession(
  { registry, path }: Pick<Reference, 'registry' | 'path'>,
  settings: SessionSettings,
  deps: SessionDeps,
  limits: SessionLimits,
): Session {
  const { insecure = false, registry_ca: ca, mirror = [] } = settings;
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(limits.deadlineMs)]);
  const { clock } = deps;
  const { timeoutMs } = limits;
  const exchange = createExchange({ clock, signal, insecure, ca, timeoutMs, pausesMs: limits.pausesMs });
  // do not wait for a mirror in trouble, because another one or the registry itself has the image
  const briskly = createExchange({ clock, signal, insecure, ca, timeoutMs, pausesMs: 0 });
  let given = false;
  const sourceAt = (host: string, plain: boolean): Source => ({
    path,
    client: createRegistryClient(host === registry ? exchange : briskly, {
      host,
      insecure: plain,
      async credential() {
        // without `registry`, user and password are only for the registry of `repo`, not for a mirror
        const access = { ...settings, registry: settings.registry ?? registry };
        const found = await credentialFor(access, host, path, deps.pullSecrets);
        if (host === registry) given ||= found?.given ?? false;
        return found?.credential;
      },
    }),
  });
  const home = sourceAt(registry, insecure);
  // as in Docker, a mirror is one of Docker Hub
  const mirrors =
    registry === 'docker.io' ? mirror.map((each) => mirrorSource(each, insecure, sourceAt)) : [];
  return {
    home,
    sources: [...mirrors, home],
    hasGiven: () => given,
    requests: () => exchange.requests() + briskly.requests(),
    close() {
      exchange.close();
      briskly.close();
    },
  };
}

/**
 * `https://mirror.example.com`, `http://192.0.2.1:5000`, or no scheme; `insecure` then says whether plain
 * HTTP is allowed.
 */
function mirrorSource(
  mirror: string,
  insecure: boolean,
  sourceAt: (host: string, plain: boolean) => Source,
): Source {
  const [, scheme, host = ''] = /^(?:(https?):\/\/)?([^/]*)/.exec(mirror) ?? [];
  return sourceAt(host, scheme === 'http' || (scheme === undefined && insecure));
}
