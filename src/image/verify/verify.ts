import { formatDuration } from '../../duration.ts';
import type { ErrorCode } from '../../errors.ts';
import { describePlatform, type Platform } from '../registry/manifest.ts';
import type { ImageFacts } from './inspect.ts';

/** The result of looking up an image. */
export type Finding =
  | { kind: 'found'; facts: ImageFacts }
  /** `nearest`: similar tags that exist; undefined if they could not be listed. */
  | { kind: 'missing'; nearest: readonly string[] | undefined }
  /** `given`: the registry refused credentials of the user's settings, so they are wrong. */
  | { kind: 'denied'; message: string; hint: string | undefined; given: boolean }
  | { kind: 'unreachable'; message: string; hint: string | undefined };

export interface Demand {
  image: string;
  /** `strict`: also refuses if the facts cannot be read. */
  verify: 'true' | 'strict';
  /** The settings that need the digest, such as `pin: digest` and `tags`; may be empty. */
  needs: readonly string[];
  /** The digest that the build provides. */
  expected: string | undefined;
  /** Platforms of the nodes on which the pods may run; undefined if they are not known. */
  nodes: readonly Platform[] | undefined;
  now: number;
}

export type Verdict =
  | { ok: true; digest: string | undefined; notes: string[]; warnings: string[] }
  | { ok: false; code: ErrorCode; message: string; hint?: string };

/** Whether the image may be promoted. Pure. */
export function verdictOn(finding: Finding, demand: Demand): Verdict {
  const { image, verify, needs } = demand;
  const refuse = (code: ErrorCode, message: string, hint?: string): Verdict => ({
    ok: false,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  switch (finding.kind) {
    case 'missing':
      return refuse('image', `There is no image ${image} in its registry.`, nearestHint(finding.nearest));
    case 'denied':
    case 'unreachable': {
      const consequence =
        needs.length > 0
          ? ` ${needs.map((each) => `\`${each}\``).join(' and ')} cannot be done without it.`
          : '';
      const code = finding.kind === 'denied' ? 'registry-denied' : 'registry-unreachable';
      const surelyWrong = finding.kind === 'denied' && finding.given;
      if (surelyWrong || verify === 'strict' || needs.length > 0)
        return refuse(code, `${finding.message}${consequence}`, finding.hint);
      const hint = finding.hint === undefined ? '' : ` ${finding.hint}`;
      return {
        ok: true,
        digest: demand.expected,
        notes: [],
        warnings: [`${finding.message} Whether ${image} exists was not checked.${hint}`],
      };
    }
    case 'found':
      return found(finding.facts, demand, refuse);
  }
}

function found(
  facts: ImageFacts,
  { image, expected, nodes, now }: Demand,
  refuse: (code: ErrorCode, message: string, hint?: string) => Verdict,
): Verdict {
  const { digest, platforms } = facts;
  if (expected !== undefined && expected !== digest) {
    return refuse(
      'digest',
      `${image} is ${digest} in the registry, but the build made ${expected}. The tag was moved since.`,
      'Find out who pushed the tag, and build the release again under a tag of its own.',
    );
  }
  const kinds = uniquePlatforms(nodes ?? []);
  const without = kinds.filter((node) => !platforms.some((platform) => runsOn(platform, node)));
  const has = platforms.map(describePlatform).join(', ');
  if (platforms.length > 0 && kinds.length > 0 && without.length === kinds.length) {
    return refuse(
      'platform',
      `${image} is built for ${has}, but the nodes are ${kinds.map(describePlatform).join(', ')}, so it runs on none of them.`,
      'Build the image for the platform of the nodes.',
    );
  }
  const partly = platforms.length > 0 && without.length > 0;
  return {
    ok: true,
    digest,
    notes: [describe(facts, now)],
    warnings: partly
      ? [
          `${image} is built for ${has}. Pods on nodes with ${without.map(describePlatform).join(', ')} will not run.`,
        ]
      : [],
  };
}

/** `sha256:… for linux/amd64, linux/arm64; 31.4 MB, made 2h ago`. */
function describe({ digest, platforms, sizeBytes, createdAt }: ImageFacts, now: number): string {
  const on = platforms.length > 0 ? ` for ${platforms.map(describePlatform).join(', ')}` : '';
  const size = sizeBytes === undefined ? [] : [`${megabytes(sizeBytes)} compressed`];
  const age = createdAt === undefined || createdAt > now ? [] : [`made ${ageOf(now - createdAt)} ago`];
  const more = [...size, ...age].join(', ');
  return `${digest}${on}${more === '' ? '' : `; ${more}`}`;
}

function megabytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const DAY_MS = 86_400_000;

function ageOf(ms: number): string {
  return ms >= 2 * DAY_MS
    ? `${Math.floor(ms / DAY_MS)} days`
    : formatDuration(Math.floor(ms / 60_000) * 60_000 || 1_000);
}

/**
 * Whether an image runs on a node. Variants are not compared, because nodes do not report theirs, and every
 * arm64 is arm64/v8.
 */
function runsOn(image: Platform, node: Platform): boolean {
  return image.os === node.os && image.architecture === node.architecture;
}

function uniquePlatforms(platforms: readonly Platform[]): Platform[] {
  return [...new Map(platforms.map((each) => [describePlatform(each), each])).values()];
}

function nearestHint(nearest: readonly string[] | undefined): string {
  if (nearest === undefined)
    return 'The registry has no such repository, or does not list its tags; check `repo`.';
  if (nearest.length === 0) return 'Its repository has no tags.';
  return `The nearest tags that exist: ${nearest.join(', ')}.`;
}
