import type { Addon } from './addon.ts';
import type { World } from './world.ts';

/** One story, told on every world, or on the one that it is about. It fails by throwing. */
export interface Scenario {
  name: string;
  only?: 'sim' | 'lab';
  /** What must run beside the cluster, on the lab; for scenarios that are for the lab alone. */
  needs?: readonly Addon[];
  /** The lab tells it only if it is named, or by `npm run test:e2e -- --all`; another scenario is the sample of its kind. */
  inFull?: true;
  run(world: World): Promise<void>;
}
