import { PromoteError } from '../errors.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { type HandedOnFiles, handedOnDigest } from './handed-on.ts';
import { type ImageFacts, lookAt } from './look.ts';
import { nearestTags } from './nearest-tags.ts';
import { parseReference } from './reference.ts';
import type { Platform } from './registry/manifest.ts';
import { listTags } from './registry/pull.ts';
import type { Release } from './release.ts';
import { openSession, type Session, type SessionDeps, type SessionSettings, TO_LOOK } from './session.ts';
import { type Finding, verdictOn } from './verify.ts';

export interface ImageSettings extends SessionSettings, HandedOnFiles {
  verify?: 'true' | 'strict' | 'false' | undefined;
  pin?: 'tag' | 'digest' | undefined;
  tags?: readonly string[] | undefined;
  auto_tag?: boolean | undefined;
  promote_to?: string | undefined;
  verify_key?: string | undefined;
}

export interface PrepareDeps extends SessionDeps {
  /** Platforms of the nodes on which the pods may run; undefined where they are not known. */
  nodes(): Promise<readonly Platform[] | undefined>;
}

/** The release with what its registry says of it. */
export interface Prepared {
  release: Release;
  /** undefined where it was not looked at. */
  facts: ImageFacts | undefined;
}

/** What the settings ask for that cannot be had without the registry. */
export function needsOf(settings: ImageSettings): string[] {
  return (['tags', 'auto_tag', 'promote_to', 'verify_key'] as const).filter((name) => {
    const value = settings[name];
    return Array.isArray(value) ? value.length > 0 : value;
  });
}

/** Whether the registry is to be asked; `byDefault` is what an engine does where `verify` is not set. */
export function asksRegistry(settings: ImageSettings, byDefault: boolean): boolean {
  if (settings.verify !== undefined) return settings.verify !== 'false';
  return byDefault || settings.pin === 'digest' || needsOf(settings).length > 0;
}

/** The release with what the build has handed on, for when the registry is not asked. @throws PromoteError `handed-on` */
export function withHandedOn(release: Release, settings: ImageSettings): Release {
  return withDigest(release, handedOnDigest(settings, release.image), settings);
}

/**
 * Asks the registry for the release's digest, and whether it may be promoted. Reads only.
 *
 * @throws PromoteError `image`, `platform`, `digest`, `registry-unreachable`, `registry-denied`, `registry-config`, `manifest`, `handed-on`
 */
export async function* prepareImage(
  release: Release,
  settings: ImageSettings,
  deps: PrepareDeps,
): AsyncGenerator<PromotionEvent, Prepared> {
  const expected = handedOnDigest(settings, release.image);
  const session = openSession(parseReference(release.image), settings, deps, TO_LOOK);
  try {
    const finding = await find(session, release.tag);
    const nodes =
      finding.kind === 'found' && finding.facts.platforms.length > 0 ? await deps.nodes() : undefined;
    const pinNeeds = settings.pin === 'digest' && expected === undefined ? ['pin'] : [];
    const verdict = verdictOn(finding, {
      image: release.image,
      verify: settings.verify === 'strict' ? 'strict' : 'true',
      needs: [...pinNeeds, ...needsOf(settings)],
      expected,
      nodes,
      now: deps.clock.now(),
    });
    if (!verdict.ok) {
      const { code, message, hint } = verdict;
      throw new PromoteError(code, message, hint === undefined ? {} : { hint });
    }
    for (const message of verdict.warnings) yield { type: 'warning', message };
    for (const message of verdict.notes) yield { type: 'image', image: release.image, message };
    return {
      release: withDigest(release, verdict.digest, settings),
      facts: finding.kind === 'found' ? finding.facts : undefined,
    };
  } finally {
    yield { type: 'debug', message: `${session.requests()} requests to the registry` };
    session.close();
  }
}

function withDigest(release: Release, digest: string | undefined, { pin }: ImageSettings): Release {
  if (digest === undefined) return release;
  return { ...release, digest, image: pin === 'digest' ? `${release.image}@${digest}` : release.image };
}

/** Looks at the mirrors first: what they cannot give, the registry itself may. */
async function find(session: Session, tag: string): Promise<Finding> {
  for (const source of session.sources.slice(0, -1)) {
    const facts = await lookAt(source, tag).catch(() => undefined);
    if (facts) return { kind: 'found', facts };
  }
  try {
    const facts = await lookAt(session.home, tag);
    if (facts) return { kind: 'found', facts };
    const tags = await listTags(session.home).catch(() => undefined);
    return { kind: 'missing', nearest: tags && nearestTags(tag, tags) };
  } catch (error) {
    if (!(error instanceof PromoteError)) throw error;
    const { code, message, hint } = error;
    if (code === 'registry-denied') return { kind: 'denied', message, hint, given: session.hasGiven() };
    if (code === 'registry-unreachable' || code === 'registry') return { kind: 'unreachable', message, hint };
    throw error;
  }
}
