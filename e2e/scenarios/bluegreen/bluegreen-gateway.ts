import { stories } from '../../bluegreen/stories.ts';
import { byHttpRoute } from '../../gateway.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = stories.map(({ name, run }) => ({
  name: `blue/green by an HTTPRoute, ${name}`,
  only: 'lab',
  needs: ['traefik'],
  inFull: true,
  run: (world) => run(byHttpRoute(world)),
}));
