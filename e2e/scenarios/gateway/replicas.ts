import { paths } from '../../app.ts';
import { serviceAsItIs } from '../../bluegreen/by-service.ts';
import type { Scenario } from '../../scenario.ts';
import { storiesOf } from './stories.ts';
import type { ToldRouter } from './told-router.ts';

/** No route at all: users come by the Service, and the canary gets its share of the pods. One pod beside four gets a fifth. */
const BY_PODS: ToldRouter = {
  name: 'by the pods of the Service',
  needs: [],
  by: 'service',
  settings: { traffic: 'replicas', metrics_port: 8080 },
  createRoute: async (_world, ingress) => ingress,
  own: serviceAsItIs,
  edit: {
    act: ({ api, namespace }) =>
      api.patch(`${paths(namespace).services}/web`, {
        spec: { selector: { app: 'web', tier: null, 'app.kubernetes.io/part-of': null } },
      }),
    expected: /ABORTED +Somebody changed the canary's weight from (20|50) % to 0 %\./,
  },
  tolerated: { bad: { failed: 60, ms: 8_000 }, late: { failed: 60, ms: 8_000 } },
};

/** Told on the built-in cluster too, which has a kube-proxy. */
export const scenarios: Scenario[] = storiesOf(BY_PODS, { sample: 'promote' }).map(
  ({ only: _, ...scenario }) => scenario,
);
