import { objectName, objectNames, workloads } from '../object-names.ts';
import * as parse from '../parsers.ts';
import { choice, line, type Setting, secret, setting } from './row.ts';

/** How to reach the cluster, and which workload is promoted there. */
export const CLUSTER = {
  kubeconfig: setting({
    type: 'string',
    parse: parse.text,
    default: undefined,
    secret: true,
    example: '{ from_secret: kubeconfig }',
    description:
      'A kubeconfig: its content, the base64 of it, or a path. Default, if `server` is not set either: the service account of the pod that runs the step.',
  }),
  context: setting({
    ...line,
    example: 'shop',
    description: 'The context of the kubeconfig. Default: its current context.',
  }),
  server: setting({
    type: 'string',
    parse: parse.apiServer,
    default: undefined,
    example: 'https://10.0.0.5:6443',
    description:
      'The URL of the API server as the runner reaches it. Example: `https://10.0.0.5:6443`. Needs `token`; usually also `ca`.',
  }),
  token: setting({
    ...secret,
    required: 'with `server`',
    example: '{ from_secret: k8s_token }',
    description: 'The token of a service account, for `server`.',
  }),
  ca: setting({
    type: 'string',
    parse: parse.pem,
    default: undefined,
    example: '{ from_secret: k8s_ca }',
    description: 'The certificate authority of `server`: PEM, or the base64 of it.',
  }),
  namespace: setting({
    type: 'string',
    parse: objectName,
    default: undefined,
    example: 'shop',
    description:
      'The namespace of the workload. Default: the namespace of the kubeconfig’s context, otherwise `default`.',
  }),
  workload: setting({
    type: 'string or list',
    parse: workloads,
    default: undefined,
    required: 'with the engines native and argo',
    example: 'deployment/web',
    engines: ['native', 'argo'],
    description:
      'What to promote: `deployment/NAME`, `statefulset/NAME`, `daemonset/NAME`, or `rollout/NAME` for Argo Rollouts. With a list, such as `[ deployment/web, deployment/worker, statefulset/jobs, cronjob/report ]`, the first one has the users and is promoted by its strategy. The others (deployment, statefulset, daemonset, cronjob) get the same image with it, and go back with it.',
  }),
  order: choice(['after', 'before'], {
    default: 'after',
    example: 'before',
    engines: ['native'],
    description:
      'When the other workloads of `workload` get the image. `after`: once the first one runs it, while the canary is still there. `before`: before the canary starts. CronJobs get it at the end either way.',
  }),
  container: setting({
    ...line,
    example: 'web',
    engines: ['native', 'argo'],
    description:
      'The container that gets the new image. Default: every container that runs the image of `repo`.',
  }),
  service: setting({
    type: 'list',
    parse: objectNames,
    default: undefined,
    example: '[ web ]',
    engines: ['native', 'argo'],
    description:
      'The Services whose traffic is split. Default: every Service that selects the workload’s pods and receives traffic from an Ingress or a route that `traffic` can split.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
