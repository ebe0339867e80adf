import { describe } from 'node:test';
import { INGRESS_ROUTE, TRAEFIK_INGRESS, TRAEFIK_SERVICE, traefikPaths } from '../../../e2e/traefik.ts';
import type { KubeObject, World } from '../../../e2e/world.ts';
import { tellMirrorStories } from '../mirror-stories.ts';
import { inTraefikWorld } from './world.ts';

const MIRROR = '-mirror';
const routesOf = ({ api, namespace }: World): Promise<KubeObject[]> =>
  api.list(traefikPaths(namespace).ingressRoutes);
const isCopying = async (world: World) =>
  (await routesOf(world)).some(({ metadata }) => metadata.name.endsWith(MIRROR));

const KINDS = { IngressRoute: INGRESS_ROUTE, TraefikService: TRAEFIK_SERVICE, Ingress: TRAEFIK_INGRESS };

for (const [kind, told] of Object.entries(KINDS)) {
  describe(`Traefik's ${kind}: copies of requests before the first user`, () => {
    tellMirrorStories({
      inWorld: (story) => inTraefikWorld(told, story),
      settings: { ...told.settings },
      own: async (world) => [
        await told.own(world),
        await world.api.list(traefikPaths(world.namespace).traefikServices).then((all) => all.length),
      ],
      isCopying,
      async remove(world) {
        for (const { metadata } of await routesOf(world))
          if (metadata.name.endsWith(MIRROR))
            await world.api.delete(`${traefikPaths(world.namespace).ingressRoutes}/${metadata.name}`);
      },
      judge: '',
    });
  });
}
