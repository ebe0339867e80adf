import * as parse from '../parsers.ts';
import { line, type Setting, secret, setting } from './row.ts';

/** How to reach the cluster, and which workload is promoted there. */
export const CLUSTER = {
  kubeconfig: setting({
    type: 'text',
    parse: parse.text,
    default: undefined,
    secret: true,
    description:
      'A kubeconfig: its content, the base64 of it, or a path. Without it and `server`: from inside the cluster.',
  }),
  context: setting({
    ...line,
    description: 'The context of the kubeconfig, if not its current one.',
  }),
  server: setting({
    type: 'text',
    parse: parse.apiServer,
    default: undefined,
    description: 'The address of the API server, with `token` and `ca`.',
  }),
  token: setting({
    ...secret,
    description: 'A service account’s token, for `server`.',
  }),
  ca: setting({
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description: 'The certificate authority of `server`: PEM, or the base64 of it.',
  }),
  namespace: setting({
    type: 'text',
    parse: parse.objectName,
    default: undefined,
    description: 'The namespace. Without it: the kubeconfig’s, else `default`.',
  }),
  workload: setting({
    type: 'text',
    parse: parse.workload,
    default: undefined,
    required: 'by the native and the argo engine',
    description: 'What is promoted: `deployment/NAME`, or `rollout/NAME` of Argo Rollouts.',
  }),
  container: setting({
    ...line,
    description: 'The container that gets the image. Without it: every one that runs the repository.',
  }),
  service: setting({
    type: 'list',
    parse: parse.objectNames,
    default: undefined,
    description:
      'The Services that are split. Without it: those that select the workload and stand behind an Ingress.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
