import type { Build } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { orForbidden } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { serviceAccounts } from '../cluster/resource.ts';
import { podTemplateSource as ofRollout } from '../engines/argo/rollout/pod-template-source.ts';
import { podTemplateSource as ofWorkload } from '../engines/native/observe/pod-template-source.ts';
import { imageContext } from '../engines/shared/image-context.ts';
import { PromoteError } from '../errors.ts';
import { usesRegistry } from '../image/registry-needs.ts';
import { parseReference } from '../image/release/reference.ts';
import { NO_CLUSTER, withImage } from '../image/with-image.ts';
import { engineOf } from '../settings/engine.ts';
import type { Settings } from '../settings/settings.ts';
import { kindNamed } from '../workload/rolling/kinds.ts';
import { type Collected, collect } from './collect.ts';
import { type CheckLine, fault, faultOf, note, ok } from './line.ts';
import { PLAIN_IMAGE } from './rehearsal.ts';

interface Deps {
  cluster: Cluster | undefined;
  clock: Clock;
  signal: AbortSignal;
}

/** Looks the release up in its registry, as a promotion does. */
export async function checkImage(settings: Settings, build: Build, deps: Deps): Promise<CheckLine[]> {
  if (!usesRegistry(settings, engineOf(settings) !== 'keel'))
    return [
      note(
        'image',
        'The registry is not asked, so a tag that does not exist is noticed late.',
        'verify: true',
      ),
    ];
  return imageLines(await lookUp(settings, build, contextOf(settings, deps.cluster), deps));
}

function contextOf(settings: Settings, cluster: Cluster | undefined) {
  const engine = engineOf(settings);
  const { kind, name } = settings.workload ?? {};
  if (cluster === undefined || name === undefined || engine === 'keel') return NO_CLUSTER;
  const source =
    engine === 'argo'
      ? ofRollout(cluster, name)
      : ofWorkload(cluster, { kind: kindNamed(kind), workload: name });
  return imageContext(cluster, source);
}

function lookUp(
  settings: Settings,
  build: Build,
  context: typeof NO_CLUSTER,
  deps: Deps,
): Promise<Collected> {
  const nothing = { kind: 'shown', reason: '', hints: [] } as const;
  return collect(
    // biome-ignore lint/correctness/useYield: it only ends
    withImage(settings, build, context, deps, async function* () {
      return nothing;
    }),
  );
}

/** The lines of a look-up. Pure. */
export function imageLines({ events, error }: Collected): CheckLine[] {
  const lines = events.flatMap((event): CheckLine[] => {
    if (event.type === 'image') return [ok('image', event.message)];
    return event.type === 'warning' || event.type === 'note' ? [note('image', event.message)] : [];
  });
  return error === undefined ? lines : [...lines, faultOf('image', error)];
}

/** What is known of the guard's image and its account. */
export interface GuardFacts {
  image: string;
  /** Without credentials: it exists, it does not, the registry wants credentials, or it is not known. */
  found: 'public' | 'missing' | 'private' | 'unknown';
  /** Why it is not known. */
  reason: string;
  namespace: string;
  account: string;
  /** Names of the account's pull secrets; undefined if the account does not exist. */
  secrets: readonly string[] | undefined | 'unreadable';
}

/** Looks whether the pods of the guard will get their image. Undefined if there is no guard. */
export async function checkGuard(
  settings: Settings,
  build: Build,
  deps: Deps & { cluster: Cluster },
  command: string,
): Promise<CheckLine[]> {
  const { guard, guard_image: image, guard_service_account: account } = settings;
  if (!guard || image === undefined) return [];
  const { repository, tag } = withoutTag(image);
  // the pods have no credentials of the step
  const anonymous: Settings = {
    ...settings,
    ...NO_CREDENTIALS,
    repo: repository,
    tag,
    verify: 'strict',
    pin: 'tag',
  };
  // `verify: false` allows no request to a registry
  const { error } =
    settings.verify === 'false'
      ? { error: new PromoteError('registry', '`verify: false` forbids to ask its registry.') }
      : await lookUp(anonymous, build, NO_CLUSTER, deps);
  const known = error instanceof PromoteError ? error : undefined;
  const secrets = await orForbidden(
    deps.cluster.get(serviceAccounts, account).then((found) => ({
      names: found?.imagePullSecrets?.flatMap(({ name }) => name ?? []) ?? (found ? [] : undefined),
    })),
  );
  return guardLines(
    {
      image,
      found: foundOf(error === undefined, known),
      reason: known?.message ?? String(error ?? ''),
      namespace: deps.cluster.namespace,
      account,
      secrets: secrets === undefined ? 'unreadable' : secrets.names,
    },
    command,
  );
}

const NO_CREDENTIALS = {
  registry_username: undefined,
  registry_password: undefined,
  username: undefined,
  password: undefined,
  config: undefined,
  ...PLAIN_IMAGE,
} as const satisfies Partial<Settings>;

function withoutTag(image: string): { repository: string; tag: string } {
  const { tag = 'latest' } = parseReference(image);
  return { repository: image.replace(/@.*$/, '').replace(/:[^:/]*$/, ''), tag };
}

function foundOf(isFound: boolean, error: PromoteError | undefined): GuardFacts['found'] {
  if (isFound) return 'public';
  if (error?.code === 'image') return 'missing';
  return error?.code === 'registry-denied' ? 'private' : 'unknown';
}

/** The lines about the guard. Pure. @param command that makes its account */
export function guardLines(
  { image, found, reason, namespace, account, secrets }: GuardFacts,
  command: string,
): CheckLine[] {
  const patch = `kubectl -n ${namespace} patch serviceaccount ${account} -p '{"imagePullSecrets":[{"name":"SECRET"}]}'`;
  const lines: CheckLine[] = [];
  if (secrets === undefined)
    lines.push(
      fault('guard', 'guard', `There is no ServiceAccount ${account} in namespace ${namespace}.`, command),
    );
  if (found === 'missing') {
    const help = 'Set guard_image to the same value as `image:` of the step.';
    lines.push(fault('guard', 'guard', `The guard's image ${image} is not in its registry.`, help));
  }
  if (found === 'unknown') lines.push(note('guard', `Whether ${image} exists is not known: ${reason}`));
  const isOpened = Array.isArray(secrets) && secrets.length > 0;
  if (found === 'private' && !isOpened) {
    const need = `${image} needs credentials`;
    if (secrets === 'unreadable')
      lines.push(
        note('guard', `${need}; the guard's pods have them if their account has a pull secret.`, patch),
      );
    else
      lines.push(
        fault('guard', 'guard', `${need}, but ServiceAccount ${account} has no pull secret.`, patch),
      );
  }
  return lines.length > 0
    ? lines
    : [ok('guard', `${image}${found === 'private' ? ', by the pull secret of its account' : ''}`)];
}
