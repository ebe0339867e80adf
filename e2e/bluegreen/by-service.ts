import { paths } from '../app.ts';
import type { KubeObject, World } from '../world.ts';

/** A world without any route: whatever a story makes as an Ingress is left out, and its users come by the Service, as other pods do. */
export function byService(world: World): World {
  const { namespace, api } = world;
  return {
    ...world,
    step: (settings, build = {}) =>
      world.step({ metrics_port: 8080, unwatched: 'allow', ...settings }, build),
    load: (options = {}) => world.load({ by: 'service', ...options }),
    api: {
      ...api,
      create: async (path: string, object: KubeObject) =>
        path === paths(namespace).ingresses ? object : api.create(path, object),
    },
  };
}

/** What is somebody's own in their Service, to the letter. */
export async function serviceAsItIs({ api, namespace }: World): Promise<unknown> {
  const { metadata, spec } = (await api.get(`${paths(namespace).services}/web`)) ?? {};
  return { annotations: metadata?.annotations, labels: metadata?.labels, spec };
}
