import { ENVOY_EDGE, httpRouteOf } from '../../gateway.ts';
import { isFoundBad } from './found-bad.ts';
import { MIRRORED } from './mirror-stories.ts';
import { storiesOf } from './stories.ts';
import type { Story } from './told-router.ts';

/** So few requests do not fill Envoy's buffer of 64 KB: its log comes by its flush alone, every 10 s. */
const FEW = 5;

/** With few users the log is as late as it gets. */
const quiet: Story = {
  name: 'a release that fails every request of few users is found within twice the flush of the log',
  run: (world, router) =>
    isFoundBad(
      { ...world, load: (options = {}) => world.load({ rate: FEW, ...options }) },
      router,
      '1.1.0-err100',
      { weight: 50 },
    ),
};

/** The log has no copies, so that the pods' counters judge them; and the route takes all methods. */
const mirrored: Story = {
  ...MIRRORED,
  run: (world, router) =>
    MIRRORED.run(
      {
        ...world,
        step: (settings, build) =>
          world.step({ metrics_port: 8080, mirror_methods: 'all', ...settings }, build),
      },
      router,
    ),
};

export const scenarios = storiesOf(
  {
    ...httpRouteOf(ENVOY_EDGE),
    name: 'by an HTTPRoute of Envoy Gateway',
    needs: ['envoy-gateway'],
    by: 'envoy-gateway',
    tolerated: { bad: { failed: 100, ms: 20_000 }, late: { failed: 100, ms: 20_000 } },
  },
  { sample: ['bad release'], more: [quiet, mirrored] },
);
