import { paths } from '../app.ts';
import type { KubeObject, World } from '../world.ts';

/** A check whose program ends with that exit code; without one it serves, and never ends. */
export const checkJob = (name: string, tag: string, more: object = {}) => ({
  name,
  job: { image: `192.0.2.10:5000/shop/checks:${tag}`, ...more },
});

export const checkJobs = (world: World): Promise<KubeObject[]> => world.api.list(paths(world.namespace).jobs);

/** A Job goes with the canary that owns it, a moment after it. */
export const noJobs = (world: World) =>
  world.until('no Job is left', async () => (await checkJobs(world)).length === 0);
