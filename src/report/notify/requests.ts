import { createHash } from 'node:crypto';
import { cloudEvent } from './forms/cloudevents.ts';
import { githubBody, githubPath } from './forms/github.ts';
import { grafanaBody } from './forms/grafana.ts';
import { slackBody } from './forms/slack.ts';
import { teamsBody } from './forms/teams.ts';
import type { Notice, NoticeRequest } from './notice.ts';

/** A receiver of notices, and the form that it reads. */
export interface Receiver {
  form: 'slack' | 'teams' | 'cloudevents' | 'grafana' | 'github';
  /** May have credentials: `https://user:password@host/`. */
  url: string;
}

/**
 * The request that tells a receiver. Pure.
 *
 * @param deployment the number of the deployment at GitHub, if the CI knows one
 * @returns undefined if the receiver has no place for it
 */
export function requestOf(
  { form, url }: Receiver,
  notice: Notice,
  deployment: string | undefined,
): NoticeRequest | undefined {
  const { address, user, password } = split(url);
  const json = { 'Content-Type': 'application/json' };
  const basic = user || password ? { Authorization: `Basic ${base64(`${user}:${password}`)}` } : {};
  const bearer = user || password ? { Authorization: `Bearer ${password || user}` } : {};
  switch (form) {
    case 'slack':
      return { url: address, headers: { ...json, ...basic }, body: slackBody(notice) };
    case 'teams':
      return { url: address, headers: { ...json, ...basic }, body: teamsBody(notice) };
    case 'cloudevents': {
      const { headers, body } = cloudEvent(notice, idOf(notice));
      return { url: address, headers: { ...headers, ...basic }, body };
    }
    case 'grafana':
      return {
        url: `${address.replace(/\/$/, '')}/api/annotations`,
        headers: { ...json, ...bearer },
        body: grafanaBody(notice),
      };
    case 'github': {
      const path = githubPath(notice.facts.build?.repository, deployment);
      if (path === undefined) return undefined;
      return {
        url: `${address.replace(/\/$/, '')}${path}`,
        headers: { ...json, ...bearer, Accept: 'application/vnd.github+json' },
        body: githubBody(notice),
      };
    }
  }
}

/** The address without its credentials, which an error would print. */
function split(given: string): { address: string; user: string; password: string } {
  const url = new URL(given);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = '';
  url.password = '';
  return { address: url.href, user: user ?? '', password: password ?? '' };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The same for the same moment of a run, so that a receiver can drop what comes twice. */
function idOf({ moment, facts, at }: Notice): string {
  const { build, outcome, subject } = facts;
  const workload = outcome?.workload ?? subject?.workload;
  const parts = [build?.link, build?.number, workload, facts.startedAt ?? at, moment];
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 32);
}
