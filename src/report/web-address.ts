import type { RunEvent } from '../events.ts';

/** Whether a text is an address of the web, so that it may become a link; nothing else does, such as `javascript:`. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text);
}

/** The address of the build's own page; undefined if the CI gives none. */
export function linkOfBuild(build: RunEvent['build'] | undefined): string | undefined {
  return build !== undefined && isWebAddress(build.link) ? build.link : undefined;
}
