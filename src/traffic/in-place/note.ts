import type { KubeObject } from '../../cluster/resource.ts';

/**
 * The annotation on a route that is split: the weights that its rules had before, by workload and by the
 * rule's index. A guard or a later run puts them back with it.
 */
const WEIGHTS = 'drone-promote/weights';

/** The weights of a rule, in the order of its backends; null stands for a weight that was not written. */
export type Noted = readonly (number | null)[];

/** The weights of rules, by the index that the rule had. */
export type Note = Readonly<Record<string, Noted>>;

/** What a workload's promotion has noted on the route; undefined if it has noted nothing. */
export function noteOf(route: KubeObject, workload: string): Note | undefined {
  return notesOf(route)[workload];
}

/** The workloads that have noted something on the route. */
export function notedBy(route: KubeObject): string[] {
  return Object.keys(notesOf(route));
}

/** The route with other notes of a workload; with undefined it has none of them. */
export function withNote<T extends KubeObject>(route: T, workload: string, noted: Note | undefined): T {
  const { [workload]: _, ...others } = notesOf(route);
  const notes = noted === undefined ? others : { ...others, [workload]: noted };
  const { [WEIGHTS]: __, ...annotations } = route.metadata?.annotations ?? {};
  const { annotations: ___, ...metadata } = route.metadata ?? {};
  const all =
    Object.keys(notes).length === 0 ? annotations : { ...annotations, [WEIGHTS]: JSON.stringify(notes) };
  // a route that had no annotations has none again
  return { ...route, metadata: Object.keys(all).length === 0 ? metadata : { ...metadata, annotations: all } };
}

/** An annotation that somebody has edited counts as none. */
function notesOf({ metadata }: KubeObject): Record<string, Note> {
  try {
    const notes: unknown = JSON.parse(metadata?.annotations?.[WEIGHTS] ?? '{}');
    if (typeof notes !== 'object' || notes === null) return {};
    return Object.fromEntries(Object.entries(notes).filter(([, noted]) => isNote(noted)));
  } catch {
    return {};
  }
}

function isNote(note: unknown): note is Note {
  const isWeight = (weight: unknown) => weight === null || Number.isInteger(weight);
  return (
    typeof note === 'object' &&
    note !== null &&
    Object.values(note).every((rule) => Array.isArray(rule) && rule.every(isWeight))
  );
}
