/**
 * The run, as the CI describes it, in the same form for each CI. Fields that a CI does not set are empty.
 */
export interface Build {
  system: 'drone' | 'woodpecker' | 'harness' | 'github' | 'gitlab' | 'none';
  /** `promote`, `rollback`, `push`, `tag` …, by Drone's names. */
  event: string;
  /** The environment to promote to. */
  target: string;
  /** `refs/tags/v1.4.2` */
  ref: string;
  /** Empty if the ref is not a tag. */
  tag: string;
  number: string;
  /** The build that is promoted. */
  parent: string;
  link: string;
  /** Who promotes. */
  who: string;
  repository: string;
  /** The promoted commit, and its message. */
  commit: string;
  branch: string;
  author: string;
  message: string;
  /** `success`, `failure` …, at the time of this step. */
  status: string;
  /** Seconds since the epoch, as text. */
  started: string;
  created: string;
}

/** For the lock, the history and the log: `build 77 by ann (https://…)`. */
export function describeBuild({ number, who, link }: Build): string {
  const parts = [number ? `build ${number}` : 'a run without a build number', who ? `by ${who}` : ''];
  const text = parts.filter(Boolean).join(' ');
  return /^https?:\/\//.test(link) ? `${text} (${link})` : text;
}

/** Whether to go back to an older release. The CI's event decides, unless `action` is set. */
export function isRollback({ action }: { action: string }, { event }: Build): boolean {
  return action === 'rollback' || (action === 'auto' && event === 'rollback');
}
