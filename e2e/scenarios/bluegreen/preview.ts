import { previewStories } from '../../bluegreen/preview.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = previewStories.map(({ name, run }, index) => ({
  name: `preview by an Ingress, ${name}`,
  // one of them is the sample
  ...(index === 0 ? {} : { inFull: true }),
  run,
}));
