import type { Build } from '../ci/build.ts';
import { checkBuild } from '../ci/check-build.ts';
import { PromoteError } from '../errors.ts';
import { type Release, releaseFrom } from '../image/release/release.ts';
import { engineOf } from '../settings/engine.ts';
import { isName } from '../settings/read-environment.ts';
import type { Settings } from '../settings/settings.ts';
import { holdsWindow, sayClosed, scheduleOf } from '../window/hold-until-open.ts';
import { closedAt } from '../window/schedule.ts';
import { type CheckLine, fault, faultOf, note, ok } from './line.ts';

/** The lines about the settings. @param count of those that the user set */
export function settingsLines(settings: Settings, faults: readonly string[], count: number): CheckLine[] {
  if (faults.length === 0) return [ok('settings', `${count} are set, for the engine ${engineOf(settings)}`)];
  return faults.map((each) => {
    const named = /`([a-z_]+)/.exec(each)?.[1] ?? '';
    return fault('settings', 'settings', each, `drone-promote settings${isName(named) ? ` ${named}` : ''}`);
  });
}

/** The line about the event and the target of the build. */
export function eventLine(build: Build, settings: Settings): CheckLine {
  try {
    checkBuild(build, settings);
    return ok('event', `${build.event} to ${build.target}`);
  } catch (error) {
    return faultOf('event', error);
  }
}

/** The line about `window` and `freeze`; none if neither is set. A closed window is no fault, because it opens by itself. */
export function windowLines(build: Build, settings: Settings, now: number): CheckLine[] {
  const { window, freeze } = settings;
  if ((window ?? freeze) === undefined || !holdsWindow(settings, build)) return [];
  const schedule = scheduleOf(settings);
  const closed = closedAt(schedule, now);
  if (!closed) return [ok('window', 'A release may go out now.')];
  const { message, hint } = sayClosed(closed, schedule, now);
  return [note('window', message, hint)];
}

/** The release, if the settings and the build name one, and the line about it. */
export function releaseLine(build: Build, settings: Settings): { line?: CheckLine; release?: Release } {
  const isKeelTemplate = engineOf(settings) === 'keel' && settings.template !== undefined;
  // without a repository, the line about the settings says so
  if (isKeelTemplate || settings.repo === undefined) return {};
  try {
    const release = releaseFrom(settings, build);
    return { release, line: ok('release', release.image) };
  } catch (error) {
    // a person at a desk may check before there is a release
    if (error instanceof PromoteError && error.code === 'tag' && build.system === 'none' && !settings.tag)
      return { line: note('release', 'No release is named, so no image was looked up.', '--tag 1.4.2') };
    return { line: faultOf('release', error) };
  }
}
