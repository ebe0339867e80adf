import type { Refusal } from '../errors.ts';
import { nameWith } from '../workload/names.ts';
import type { TrafficSplit } from './split.ts';

/** The name of the preview's object for a users' route; two workloads may be behind one route, and be promoted at the same time. */
export function previewName(route: string, workload: string): string {
  return nameWith(route === workload ? route : `${route}-${workload}`, 'preview', 253);
}

/** The names of the preview's objects, one for each users' route, as a split writes them: `HTTPRoute/web-preview`. */
export function previewNames({ routes, workload, preview }: TrafficSplit): string[] {
  if (preview === undefined) return [];
  return routes.map(({ stable }) => {
    const [kind = '', name = ''] = stable.split('/');
    return `${kind}/${previewName(name, workload)}`;
  });
}

/**
 * The refusals of a host that leads elsewhere already.
 *
 * @param users the users' routes that have the host, for people
 * @param others all other routes that have it
 */
export function takenHosts(host: string, users: readonly string[], others: readonly string[]): Refusal[] {
  return [
    ...users.map((name) =>
      previewRefusal(
        `\`preview: ${host}\` is a host of ${name}, by which the users come.`,
        'Set another host name, which leads to the same router.',
      ),
    ),
    ...others.map((name) =>
      previewRefusal(
        `\`preview: ${host}\` belongs to ${name} already.`,
        'Set a host name that no route has.',
      ),
    ),
  ];
}

export function previewRefusal(message: string, hint: string): Refusal {
  return { code: 'preview', message, hint };
}
