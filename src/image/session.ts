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
  /** All pauses before another try. */
  patienceMs: number;
  /** The whole session. */
  deadlineMs: number;
}

/** A registry that does not answer is given up soon: a promotion waits for it. */
export const TO_LOOK: SessionLimits = { timeoutMs: 4_000, patienceMs: 10_000, deadlineMs: 30_000 };
/** After the promotion nobody waits, and layers may have to be copied. */
export const TO_TAG: SessionLimits = { timeoutMs: 30_000, patienceMs: 60_000, deadlineMs: 15 * 60_000 };

/** A conversation with the registry of one repository. */
export interface Session {
  /** The repository in its own registry. */
  home: Source;
  /** Where it may be read from: mirrors first, in their order. */
  sources: readonly Source[];
  /** Whether the registry has been sent a credential of the settings. */
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
  const exchange = createExchange({ clock, signal, insecure, ca, timeoutMs, patienceMs: limits.patienceMs });
  // a mirror in trouble is not waited for: another, or the registry itself, has the image
  const briskly = createExchange({ clock, signal, insecure, ca, timeoutMs, patienceMs: 0 });
  let given = false;
  const sourceAt = (host: string, plain: boolean): Source => ({
    path,
    client: createRegistryClient(host === registry ? exchange : briskly, {
      host,
      insecure: plain,
      async credential() {
        // without `registry`, user and password are for the registry of `repo`: not for a mirror that asks
        const access = { ...settings, registry: settings.registry ?? registry };
        const found = await credentialFor(access, host, path, deps.pullSecrets);
        if (host === registry) given ||= found?.given ?? false;
        return found?.credential;
      },
    }),
  });
  const home = sourceAt(registry, insecure);
  // as Docker has it: a mirror is one of Docker Hub
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
 * `https://mirror.example.com`, `http://192.0.2.1:5000`, or no scheme: then `insecure` says whether it may be
 * plain HTTP.
 */
function mirrorSource(
  mirror: string,
  insecure: boolean,
  sourceAt: (host: string, plain: boolean) => Source,
): Source {
  const [, scheme, host = ''] = /^(?:(https?):\/\/)?([^/]*)/.exec(mirror) ?? [];
  return sourceAt(host, scheme === 'http' || (scheme === undefined && insecure));
}
