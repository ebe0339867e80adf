import { PromoteError } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Platform } from './registry/manifest.ts';
import { listTags } from './registry/pull.ts';
import { needsOf, type RegistryNeeds, signersIn } from './registry-needs.ts';
import { type ArtifactFiles, artifactDigest } from './release/build-artifacts.ts';
import { nearestTags } from './release/nearest-tags.ts';
import { parseReference } from './release/reference.ts';
import { type Release, withDigest } from './release/release.ts';
import { openSession, type Session, type SessionDeps, TO_LOOK } from './session.ts';
import { checkTags, type TagSettings } from './tag/tag-release.ts';
import { type ImageFacts, inspect } from './verify/inspect.ts';
import type { SignatureSettings } from './verify/signature.ts';
import { type Finding, verdictOn } from './verify/verify.ts';

export interface ImageSettings extends TagSettings, RegistryNeeds, ArtifactFiles, SignatureSettings {}

export interface PrepareDeps extends SessionDeps {
  /** Platforms of the nodes on which the pods may run; undefined if they are not known. */
  nodes(): Promise<readonly Platform[] | undefined>;
}

/** A release, with the facts from its registry. */
export interface Prepared {
  release: Release;
  /** The digests that running pods may report: that of the release, and for an index those of its images. */
  digests: readonly string[];
}

/**
 * Looks up the release in the registry, and decides whether it may be promoted. Only reads.
 *
 * @throws PromoteError `image`, `platform`, `digest`, `registry-unreachable`, `registry-denied`,
 * `registry-config`, `manifest`, `handed-on`, `requires`, `signature`, `verify-key`, `trusted-root`, `promote-to`, `tag`
 */
export async function* prepareImage(
  release: Release,
  settings: ImageSettings,
  deps: PrepareDeps,
): AsyncGenerator<PromotionEvent, Prepared> {
  const expected = artifactDigest(settings, release.image);
  checkTags(release, settings);
  // with its libraries, which nothing else needs
  const check =
    signersIn(settings).length > 0
      ? await (await import('./verify/signature.ts')).signatureCheck(settings)
      : undefined;
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
    if (check && verdict.digest !== undefined) {
      const message = await check(session.home, verdict.digest);
      yield { type: 'image', image: release.image, message };
    }
    const found = withDigest(release, verdict.digest, settings);
    if (settings.requires) {
      const { requireTags } = await import('./verify/required.ts');
      await requireTags(session.home, found, settings.requires);
    }
    return {
      release: found,
      digests: finding.kind === 'found' ? digestsOf(finding.facts) : verdict.digest ? [verdict.digest] : [],
    };
  } finally {
    yield { type: 'debug', message: `${session.requests()} requests to the registry` };
    session.close();
  }
}

function digestsOf({ digest, manifest }: ImageFacts): string[] {
  return [digest, ...manifest.manifests.map((each) => each.digest)];
}

/** Asks the mirrors first, then the registry itself for what they do not have. */
async function find(session: Session, tag: string): Promise<Finding> {
  for (const source of session.sources.slice(0, -1)) {
    const facts = await inspect(source, tag).catch(() => undefined);
    if (facts) return { kind: 'found', facts };
  }
  try {
    const facts = await inspect(session.home, tag);
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
