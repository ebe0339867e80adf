import type { Service } from 'kubernetes-types/core/v1';

/**
 * The annotation on a Service whose selector is switched: the workload, the selector of before, and the one that was written. Whoever ends
 * the promotion puts the selector back with it: the step, its guard, an abort, or a later run.
 */
export const SELECTOR_NOTE = 'drone-promote/selector';

export type Selector = Readonly<Record<string, string>>;

/** What a promotion has noted on a Service. */
export interface SelectorNote {
  workload: string;
  before: Selector;
  switched: Selector;
  /** The share of the users that was asked for, in percent; absent if all of them were moved. */
  weight?: number;
}

/** What is noted on the Service; undefined if nothing is. An annotation that somebody has edited counts as none. */
export function noteOf({ metadata }: Service): SelectorNote | undefined {
  try {
    const note: unknown = JSON.parse(metadata?.annotations?.[SELECTOR_NOTE] ?? 'null');
    return isNote(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the Service still has the selector that the note says was written. */
export function isSwitched(service: Service): boolean {
  const note = noteOf(service);
  return note !== undefined && isSameSelector(service.spec?.selector, note.switched);
}

/** The Service with another selector, and with the note of what it was. @param weight what it is for, if not for all users */
export function switched(service: Service, workload: string, selector: Selector, weight?: number): Service {
  const before = { ...service.spec?.selector };
  const note: SelectorNote = {
    workload,
    before,
    switched: selector,
    ...(weight === undefined ? {} : { weight }),
  };
  const annotations = { ...service.metadata?.annotations, [SELECTOR_NOTE]: JSON.stringify(note) };
  return withSelector({ ...service, metadata: { ...service.metadata, annotations } }, selector);
}

/**
 * The Service as it was before the switch, without the note. A selector that somebody else has written meanwhile stays. A Service without
 * a note is returned as it is.
 */
export function switchedBack(service: Service): Service {
  const note = noteOf(service);
  if (!note) return service;
  const { annotations: all, ...metadata } = service.metadata ?? {};
  const { [SELECTOR_NOTE]: _, ...annotations } = all ?? {};
  // a Service that had no annotations has none again
  const bare = Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations };
  const unnoted: Service = { ...service, metadata: bare };
  return isSwitched(service) ? withSelector(unnoted, note.before) : unnoted;
}

export function isSameSelector(a: Selector | undefined, b: Selector | undefined): boolean {
  const text = (selector: Selector = {}) => JSON.stringify(Object.entries(selector).sort());
  return text(a) === text(b);
}

function withSelector(service: Service, selector: Selector): Service {
  return { ...service, spec: { ...service.spec, selector: { ...selector } } };
}

function isNote(note: unknown): note is SelectorNote {
  if (typeof note !== 'object' || note === null) return false;
  const { workload, before, switched: to, weight } = note as Partial<Record<keyof SelectorNote, unknown>>;
  const isWeight = weight === undefined || typeof weight === 'number';
  return typeof workload === 'string' && [before, to].every(isSelector) && isWeight;
}

function isSelector(value: unknown): value is Selector {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'string')
  );
}
