import assert from 'node:assert/strict';
import { paths } from '../../app.ts';
import { storiesOf } from './stories.ts';

/** ingress-nginx with the defaults of its chart: its counters are off, so that its access log judges. */
export const scenarios = storiesOf(
  {
    name: 'by an Ingress of ingress-nginx',
    needs: [],
    createRoute: ({ api, namespace }, ingress) => api.create(paths(namespace).ingresses, ingress),
    async own({ api, namespace }) {
      const { metadata, spec } = (await api.get(`${paths(namespace).ingresses}/web`)) ?? {};
      return { annotations: metadata?.annotations, labels: metadata?.labels, spec };
    },
    edit: {
      async act({ api, namespace }) {
        const path = `${paths(namespace).ingresses}/web-canary`;
        const made = await api.get(path);
        assert.ok(made, 'the canary has an Ingress');
        const weight = { 'nginx.ingress.kubernetes.io/canary-weight': '0' };
        await api.patch(path, { metadata: { annotations: weight } });
      },
      expected: /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./,
    },
    tolerated: { bad: { failed: 8, ms: 5_000 }, late: { failed: 35, ms: 8_000 } },
  },
  { sample: ['two at once'] },
);
