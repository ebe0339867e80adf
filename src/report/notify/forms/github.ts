import { linkOfBuild } from '../../web-address.ts';
import type { Moment, Notice } from '../notice.ts';
import { textOf } from '../notice.ts';

const STATES: Readonly<Record<Moment, string>> = {
  started: 'in_progress',
  // GitHub has no state for a deployment that waits for a person
  held: 'in_progress',
  promoted: 'success',
  failed: 'failure',
};

/** The longest description that GitHub takes, in characters. */
const MOST = 140;

/** The path below the API's address; undefined if the build belongs to no deployment of GitHub. */
export function githubPath(
  repository: string | undefined,
  deployment: string | undefined,
): string | undefined {
  if (!repository || !/^[\w.-]+\/[\w.-]+$/.test(repository)) return undefined;
  // Drone writes 0 if there is none
  if (!deployment || !/^[1-9]\d*$/.test(deployment)) return undefined;
  return `/repos/${repository}/deployments/${deployment}/statuses`;
}

/** A status of a deployment of GitHub. */
export function githubBody(notice: Notice): unknown {
  const { build } = notice.facts;
  const link = linkOfBuild(build);
  const [text = ''] = textOf(notice);
  return {
    state: STATES[notice.moment],
    description: text.length <= MOST ? text : `${text.slice(0, MOST - 1)}…`,
    ...(link === undefined ? {} : { log_url: link }),
    ...(build?.target ? { environment: build.target } : {}),
  };
}
