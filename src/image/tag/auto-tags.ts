import { compare, parse, valid } from 'semver';

/** The tags of a version: its own, and those that move from version to version. */
export interface AutoTags {
  exact: string;
  /** `1.2` and `1`, the narrower first; none of a pre-release, nor `0` of a 0.x. */
  moving: readonly string[];
}

/**
 * The tags that plugins/docker's `auto_tag` makes of a version: 1, 1.2 and 1.2.3 of `1.2.3`; a pre-release,
 * or one with build metadata, only its own; with a suffix `1-alpine` …
 *
 * @returns undefined where the tag is no version
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
 * The tags of higher versions that a moving tag may stand on already, the highest first: whoever finds it on
 * one of them leaves it there.
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

/** undefined where the tag does not end in the suffix. */
function withoutSuffix(tag: string, suffix: string): string | undefined {
  if (suffix === '') return tag;
  return tag.endsWith(`-${suffix}`) ? tag.slice(0, -suffix.length - 1) : undefined;
}
