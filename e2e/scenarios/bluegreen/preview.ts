import { paths } from '../../app.ts';
import { type PreviewKind, previewStories } from '../../bluegreen/preview.ts';
import { HTTP_ROUTE, routesPath } from '../../gateway.ts';
import type { Scenario } from '../../scenario.ts';
import { type ToldRouter, usersBy } from '../gateway/told-router.ts';

const byIngress: Scenario[] = previewStories((namespace) => paths(namespace).ingresses).map(
  ({ name, run }, index) => ({
    name: `preview by an Ingress, ${name}`,
    // one of them is the sample
    ...(index === 0 ? {} : { inFull: true }),
    run,
  }),
);

type Told = Pick<ToldRouter, 'createRoute' | 'settings' | 'by'>;

/** On the lab, by a real router; the sim tells the same stories in test/traffic. */
function by(what: string, needs: Scenario['needs'], router: Told, kind: PreviewKind): Scenario[] {
  return previewStories(kind).map(({ name, run }) => ({
    name: `preview by ${what}, ${name}`,
    only: 'lab',
    ...(needs ? { needs } : {}),
    inFull: true,
    run: (world) => run(usersBy(world, router)),
  }));
}

export const scenarios: Scenario[] = [
  ...byIngress,
  ...by('an HTTPRoute of Traefik', ['traefik'], { ...HTTP_ROUTE, by: 'traefik' }, routesPath),
];
