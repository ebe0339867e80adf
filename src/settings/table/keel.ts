import * as parse from '../parsers.ts';
import { choice, duration, flag, line, type Setting, secret, setting } from './row.ts';

/** Keel's webhook and its admin API. */
export const KEEL = {
  urls: setting({
    type: 'list',
    parse: parse.urls,
    default: undefined,
    required: 'by the keel engine',
    description: 'Addresses of Keel’s native webhook: `http://keel:9300/v1/webhooks/native`.',
  }),
  username: setting({ ...line, description: 'User for basic authentication at `urls`.' }),
  password: setting({
    ...secret,
    description: 'Password for basic authentication at `urls`.',
  }),
  method: choice(['post', 'put', 'patch', 'get'], {
    default: 'post',
    description: 'The HTTP method.',
  }),
  content_type: setting({
    ...line,
    default: 'application/json',
    description: 'The Content-Type of the body.',
  }),
  template: setting({
    type: 'text',
    parse: parse.text,
    default: undefined,
    description:
      'The body, with Handlebars expressions as plugins/webhook has them (`{{build.tag}}`). Without it: `{"name": REPO, "tag": TAG}`.',
  }),
  headers: setting({
    type: 'list of Name=value, or map',
    parse: parse.headers,
    default: undefined,
    secret: true,
    description: 'More headers.',
  }),
  token_value: setting({ ...secret, description: 'A token for the Authorization header.' }),
  token_type: setting({
    ...line,
    default: 'Bearer',
    description: 'The word before the token in the Authorization header.',
  }),
  valid_response_codes: setting({
    type: 'list of numbers',
    parse: parse.integers,
    default: undefined,
    description:
      'Status codes that count as taken. Without it: 200 from Keel’s native webhook, 200 to 299 from other addresses.',
  }),
  signature_secret: setting({
    ...secret,
    description: 'Sign the body with this key: HMAC-SHA256 in hexadecimal digits, in `signature_header`.',
  }),
  signature_header: setting({
    ...line,
    default: 'X-Drone-Signature',
    description: 'The header for the signature.',
  }),
  wait: setting({
    type: 'sent, approved, updated',
    parse: parse.word(['sent', 'approved', 'updated']),
    default: undefined,
    description:
      'What is waited for: that Keel took the webhook, that people approved it, or that the workloads run it. Without it: `updated` where Keel’s admin API (`username`, `password`) or a kubeconfig is there, else `sent`.',
  }),
  approve: flag({ description: 'Vote for the update, as `voter`, where it needs approvals.' }),
  voter: setting({
    ...line,
    description: 'The name to vote by. Without it: who started the build. Keel counts each name once.',
  }),
  bake: setting({
    ...duration,
    default: '1m',
    description:
      'With `checks`: how long an update by Keel is watched, once it is rolled out. A bad one is brought back by the cluster (`kubeconfig`, with the right to update).',
  }),
  skip_verify: flag({ description: 'Do not check the certificate of `urls`.' }),
} as const satisfies Record<string, Setting<unknown>>;
