import { ENVOY_EDGE, httpRouteOf } from '../../gateway.ts';
import { storiesOf } from './stories.ts';

export const scenarios = storiesOf(
  {
    ...httpRouteOf(ENVOY_EDGE),
    settings: { metrics_port: 8080, unwatched: 'allow' },
    name: 'by an HTTPRoute of Envoy Gateway',
    needs: ['envoy-gateway'],
    by: 'envoy-gateway',
    tolerated: { failed: 200, ms: 20_000 },
  },
  { sample: 'promote' },
);
