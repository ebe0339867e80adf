/**
 * What the CI says of the run. Drone, Woodpecker and Harness look alike from here on; what one does not say
 * is empty.
 */
export interface Build {
  system: 'drone' | 'woodpecker' | 'harness' | 'none';
  /** `promote`, `rollback`, `push`, `tag` … in Drone's words. */
  event: string;
  /** The environment that is promoted to. */
  target: string;
  /** `refs/tags/v1.4.2` */
  ref: string;
  /** Empty where the ref is no tag. */
  tag: string;
  number: string;
  /** The build that is promoted. */
  parent: string;
  link: string;
  /** Who promotes. */
  who: string;
  repository: string;
  /** The commit that is promoted, and what is said of it. */
  commit: string;
  branch: string;
  author: string;
  message: string;
  /** `success`, `failure` … as it stands while this step runs. */
  status: string;
  /** Seconds since the epoch, as text. */
  started: string;
  created: string;
}

/** For the lock, the history and the log: `build 77 by ann (https://…)`. */
export function describeBuild({ number, who, link }: Build): string {
  const parts = [number ? `build ${number}` : 'a run without a build number', who ? `by ${who}` : ''];
  const said = parts.filter(Boolean).join(' ');
  return /^https?:\/\//.test(link) ? `${said} (${link})` : said;
}

/** Whether an older release is to come back: the CI's event says so, unless `action` says what to do. */
export function isRollback({ action }: { action: string }, { event }: Build): boolean {
  return action === 'rollback' || (action === 'auto' && event === 'rollback');
}
