import { compare, parse, valid } from 'semver';

/** The tags of a version: its own, and those that move to the next version. */
export interface AutoTags {
  exact: string;
  /** `1.2` and `1`, the narrower one first. A pre-release has none, and a 0.x has no `0`. */
  moving: readonly string[];
}

/**
 * The tags that plugins/docker's `auto_tag` creates for a version: 1, 1.2 and 1.2.3 for `1.2.3`. A
 * pre-release, or a version with build metadata, gets only its own. With a suffix they are `1-alpine` and so
 * on.
 *
 * @returns undefined if the tag is not a version
 */
export function autoTags(tag: string, suffix = ''): AutoTags | undefined {
  const plain = withoutSuffix(tag, suffix);
  const version = plain === undefined ? null : parse(plain);
  if (!version || plain === undefined) return undefined;
  const named = (name: string) => (suffix === '' ? name : `${name}-${suffix}`);
  const exact = named(plain.replace(/^v/, ''));
  if (version.prerelease.length > 0 || version.build.length > 0) return { exact, moving: [] };
  const { major, minor } = version;
  return { exact, moving: [`${major}.${minor}`, ...(major === 0 ? [] : [`${major}`])].map(named) };
}

/**
 * The tags of higher versions that a moving tag may already be on, the highest first. A moving tag that is on
 * one of them stays there.
 */
export function higherVersions(tag: string, moving: string, tags: readonly string[], suffix = ''): string[] {
  const own = withoutSuffix(tag, suffix);
  const range = withoutSuffix(moving, suffix);
  if (own === undefined || range === undefined || !valid(own)) return [];
  return tags
    .flatMap((each) => {
      const version = withoutSuffix(each, suffix);
      const parsed = version === undefined ? null : parse(version);
      return parsed && parsed.prerelease.length === 0 && `${parsed.version}.`.startsWith(`${range}.`)
        ? [{ each, version: parsed.version }]
        : [];
    })
    .filter(({ version }) => compare(version, own) > 0)
    .sort((a, b) => compare(b.version, a.version))
    .map(({ each }) => each);
}

/** The tag without the suffix; undefined if it does not end with the suffix. */
function withoutSuffix(tag: string, suffix: string): string | undefined {
  if (suffix === '') return tag;
  return tag.endsWith(`-${suffix}`) ? tag.slice(0, -suffix.length - 1) : undefined;
}
