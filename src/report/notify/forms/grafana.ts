import { plain } from '../../facts/plain.ts';
import { commandsOf, type Notice, textOf, titleOf } from '../notice.ts';

/** An annotation of Grafana (`POST /api/annotations`): a mark in all graphs that ask for its tags. */
export function grafanaBody(notice: Notice): unknown {
  const { facts, at } = notice;
  const startedAt = notice.moment === 'started' ? undefined : facts.startedAt;
  return {
    time: startedAt ?? at,
    ...(startedAt === undefined ? {} : { timeEnd: at }),
    tags: ['drone-promote', notice.moment, facts.outcome?.workload ?? facts.subject?.workload ?? ''].filter(
      Boolean,
    ),
    text: [titleOf(notice), ...textOf(notice), ...commandsOf(notice)]
      .map((line) => plain(line).replaceAll('&', '&amp;').replaceAll('<', '&lt;'))
      .join('\n'),
  };
}
