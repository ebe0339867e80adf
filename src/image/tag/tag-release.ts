import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Manifest } from '../registry/manifest.ts';
import { getManifest, headDigest, listTags, type Source } from '../registry/pull.ts';
import { putManifest } from '../registry/push.ts';
import { parseReference } from '../release/reference.ts';
import type { Release } from '../release/release.ts';
import { openSession, type SessionDeps, type SessionSettings, TO_TAG } from '../session.ts';
import { autoTags, higherVersions } from './auto-tags.ts';
import { copyImage } from './copy.ts';

export interface TagSettings extends SessionSettings {
  tags?: readonly string[] | undefined;
  auto_tag?: boolean | undefined;
  auto_tag_suffix?: string | undefined;
  promote_to?: string | undefined;
}

/**
 * A moving tag is compared with at most this many higher versions, the highest first. If it is on a lower
 * one, it moves.
 */
const MOST_COMPARED = 50;

export function wantsTags({ tags = [], auto_tag, promote_to }: TagSettings): boolean {
  return tags.length > 0 || auto_tag === true || promote_to !== undefined;
}

/**
 * Sets the tags of the settings on the promoted digest. It puts the manifest's bytes under each tag, so no
 * layer is copied, and an index stays complete. With `promote_to` the image is copied to that repository
 * first, and the tags are set there.
 *
 * @param back whether this is a rollback, so that moving tags go back to the older release
 * @throws PromoteError `tag-locked`, `registry`, `registry-unreachable`, `registry-denied`: some tags may
 * already be set; the events name them
 */
export async function* tagRelease(
  release: Release & { digest: string },
  settings: TagSettings,
  back: boolean,
  deps: SessionDeps,
): AsyncGenerator<PromotionEvent, void> {
  const reference = parseReference(release.image);
  const session = openSession(reference, settings, deps, TO_TAG);
  try {
    const from = session.home;
    const manifest = await getManifest(from, release.digest);
    if (!manifest) {
      throw new PromoteError(
        'image',
        `${release.repository}@${release.digest} is no longer in its registry.`,
      );
    }
    const to: Source = { ...from, path: targetPath(settings.promote_to, reference.registry) ?? from.path };
    if (to.path !== from.path) {
      const moved = await copyImage(from, to, manifest);
      const how = moved === 0 ? 'its layers were mounted, none was copied' : `${moved} bytes were copied`;
      yield {
        type: 'tagged',
        image: `${to.client.host}/${to.path}@${manifest.digest}`,
        message: `from ${from.path}; ${how}`,
      };
    }
    for (const tag of plainTags(release.tag, settings)) yield* setTag(to, tag, manifest);
    if (settings.auto_tag) yield* setAutoTags(to, release.tag, settings.auto_tag_suffix, manifest, back);
  } finally {
    yield { type: 'debug', message: `${session.requests()} requests to the registry` };
    session.close();
  }
}

function plainTags(own: string, { tags = [], promote_to }: TagSettings): string[] {
  return [...new Set([...(promote_to === undefined ? [] : [own]), ...tags])];
}

async function* setTag(to: Source, tag: string, manifest: Manifest): AsyncGenerator<PromotionEvent, void> {
  const image = `${to.client.host}/${to.path}:${tag}`;
  const before = await headDigest(to, tag);
  if (before === manifest.digest) {
    yield { type: 'tagged', image, message: `is ${manifest.digest} already` };
    return;
  }
  await putManifest(to, tag, manifest);
  yield {
    type: 'tagged',
    image,
    message: `${before === undefined ? 'new' : `was ${before}`}, is ${manifest.digest}`,
  };
}

async function* setAutoTags(
  to: Source,
  tag: string,
  suffix: string | undefined,
  manifest: Manifest,
  back: boolean,
): AsyncGenerator<PromotionEvent, void> {
  const auto = autoTags(tag, suffix);
  if (!auto) {
    yield {
      type: 'warning',
      message: `\`auto_tag\` creates no tags for "${tag}", because it is not a version like 1.2.3${suffix ? ` with -${suffix}` : ''}.`,
    };
    return;
  }
  yield* setTag(to, auto.exact, manifest);
  const all = auto.moving.length > 0 && !back ? ((await listTags(to)) ?? []) : [];
  for (const moving of auto.moving) {
    const higher = await standsOn(to, moving, higherVersions(tag, moving, all, suffix));
    if (higher === undefined) yield* setTag(to, moving, manifest);
    else {
      const image = `${to.client.host}/${to.path}:${moving}`;
      yield { type: 'tagged', image, message: `stays on ${higher}, which is higher than ${tag}` };
    }
  }
}

/** The version that a tag is on; undefined if it is on none of them. */
async function standsOn(
  to: Source,
  moving: string,
  versions: readonly string[],
): Promise<string | undefined> {
  const digest = versions.length > 0 ? await headDigest(to, moving) : undefined;
  if (digest === undefined) return undefined;
  for (const version of versions.slice(0, MOST_COMPARED)) {
    if ((await headDigest(to, version)) === digest) return version;
  }
  return undefined;
}

/**
 * The path of `promote_to`: `prod/app`, with or without the registry. Another registry is refused. @throws
 * PromoteError `promote-to`
 */
function targetPath(promoteTo: string | undefined, registry: string): string | undefined {
  if (promoteTo === undefined) return undefined;
  const [first = ''] = promoteTo.split('/');
  const isFull = /[.:]/.test(first) || first === 'localhost';
  const target = parseReference(isFull ? promoteTo : `${registry}/${promoteTo}`);
  if (target.registry !== registry || target.tag !== undefined || target.digest !== undefined) {
    throw new PromoteError(
      'promote-to',
      `\`promote_to\` is "${promoteTo.slice(0, 200)}", which is not a repository of ${registry}.`,
      {
        hint: 'Set it to another repository of the same registry, without a tag, such as prod/app.',
      },
    );
  }
  return target.path;
}

/** Checks the settings of the tags before the first write. @throws PromoteError `promote-to`, `reference` */
export function checkTags({ image }: Release, { promote_to, tags = [] }: TagSettings): void {
  const { registry, path } = parseReference(image);
  targetPath(promote_to, registry);
  for (const tag of tags) {
    if (/[/@:]/.test(tag))
      throw new PromoteError(
        'tag',
        `"${tag.slice(0, 128)}" of \`tags\` is not a tag: it has a "/", "@" or ":".`,
      );
    parseReference(`${registry}/${path}:${tag}`);
  }
}
