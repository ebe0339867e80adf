import { ALLOWED_EVENTS } from './allowed-events.ts';
import { ANALYSIS } from './analysis.ts';
import { ARGO } from './argo.ts';
import { CLUSTER } from './cluster.ts';
import { HOOKS } from './hooks.ts';
import { IMAGE } from './image.ts';
import { KEEL } from './keel.ts';
import { LOGGING } from './logging.ts';
import { NATIVE } from './native.ts';
import { WHAT_TO_DO } from './what-to-do.ts';

/** The settings by group, in the order of the documentation. */
export const GROUPS = {
  'what to do': WHAT_TO_DO,
  'allowed events': ALLOWED_EVENTS,
  'the image': IMAGE,
  'the cluster': CLUSTER,
  native: { ...NATIVE, ...HOOKS },
  analysis: ANALYSIS,
  argo: ARGO,
  keel: KEEL,
  logging: LOGGING,
} as const;

/** All settings by name. Any other name is an error. */
export const TABLE = {
  ...WHAT_TO_DO,
  ...ALLOWED_EVENTS,
  ...IMAGE,
  ...CLUSTER,
  ...NATIVE,
  ...HOOKS,
  ...ANALYSIS,
  ...ARGO,
  ...KEEL,
  ...LOGGING,
} as const;

export type Name = keyof typeof TABLE;
