import { stories } from '../../bluegreen/stories.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = stories.map(({ name, run }) => ({
  name: `blue/green on ingress-nginx, ${name}`,
  inFull: true,
  run,
}));
