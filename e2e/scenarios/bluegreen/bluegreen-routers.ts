import { stories } from '../../bluegreen/stories.ts';
import { HTTP_ROUTE } from '../../gateway.ts';
import type { Scenario } from '../../scenario.ts';
import { usersBy } from '../gateway/told-router.ts';

export const scenarios: Scenario[] = stories.map(({ name, run }) => ({
  name: `blue/green by an HTTPRoute, ${name}`,
  only: 'lab',
  needs: ['traefik'],
  inFull: true,
  run: (world) => run(usersBy(world, { ...HTTP_ROUTE, by: 'traefik' })),
}));
