import type { World } from './world.ts';

/** One story, told on every world, or on the one that it is about. It fails by throwing. */
export interface Scenario {
  name: string;
  only?: 'sim' | 'lab';
  run(world: World): Promise<void>;
}
