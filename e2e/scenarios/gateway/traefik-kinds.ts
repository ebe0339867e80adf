import type { Scenario } from '../../scenario.ts';
import { INGRESS_ROUTE, NGINX_ANNOTATIONS, TRAEFIK_INGRESS, TRAEFIK_SERVICE } from '../../traefik.ts';
import { MIRRORED } from './mirror-stories.ts';
import { PACED } from './pace-stories.ts';
import { storiesOf } from './stories.ts';

// Traefik follows a second change up to 1.73 s later, in which a tenth of the users are on the canary
const common = {
  needs: ['traefik'],
  by: 'traefik',
  tolerated: { bad: { failed: 8, ms: 8_000 }, late: { failed: 35, ms: 8_000 } },
} as const;

/** Where a plain run of the lab tells more than one story: no other router forwards each request once, to a pod that may be gone. */
const CHOSEN = ['promote', 'bad release', 'abort', 'guard', 'edit', 'two at once'] as const;

/** Traefik's own kinds, with its defaults: a list with a Service that has no ready endpoint answers 404 to all users. */
export const scenarios: Scenario[] = [
  ...storiesOf(
    { ...INGRESS_ROUTE, ...common, name: 'by an IngressRoute of Traefik' },
    { sample: [...CHOSEN, ...PACED.slice(0, 1), MIRRORED], more: [MIRRORED] },
  ),
  ...storiesOf(
    { ...TRAEFIK_SERVICE, ...common, name: 'by a TraefikService' },
    { sample: ['promote'], more: [MIRRORED] },
  ),
  ...storiesOf(
    { ...TRAEFIK_INGRESS, ...common, name: 'by an Ingress of Traefik' },
    { sample: ['promote'], more: [MIRRORED] },
  ),
  ...storiesOf(
    { ...NGINX_ANNOTATIONS, ...common, name: 'by annotations of ingress-nginx, served by Traefik' },
    { sample: ['promote'] },
  ),
];
