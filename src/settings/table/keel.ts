import * as parse from '../parsers.ts';
import { choice, flag, line, type Setting, secret, setting } from './row.ts';

/** Keel's webhook and its admin API. */
export const KEEL = {
  urls: setting({
    type: 'list',
    parse: parse.urls,
    default: undefined,
    required: 'with the engine keel',
    example: '[ http://keel:9300/v1/webhooks/native ]',
    engines: ['keel'],
    description: 'URLs of Keel’s native webhook. Example: `http://keel:9300/v1/webhooks/native`.',
  }),
  username: setting({
    ...line,
    example: 'keel',
    description: 'The user for basic authentication at `urls`.',
  }),
  password: setting({
    ...secret,
    example: '{ from_secret: keel_password }',
    description: 'The password for basic authentication at `urls`.',
  }),
  method: choice(['post', 'put', 'patch', 'get'], {
    default: 'post',
    engines: ['keel'],
    description: 'The HTTP method of the webhook.',
  }),
  content_type: setting({
    ...line,
    default: 'application/json',
    example: 'text/plain',
    engines: ['keel'],
    description: 'The Content-Type of the body.',
  }),
  template: setting({
    type: 'string',
    parse: parse.text,
    default: undefined,
    example: `'{"name":"{{repo.name}}","tag":"{{build.tag}}"}'`,
    engines: ['keel'],
    description:
      'The body of the webhook, with Handlebars expressions as in plugins/webhook (`{{build.tag}}`). Default: `{"name": REPO, "tag": TAG}`.',
  }),
  headers: setting({
    type: 'list of Name=value, or map',
    parse: parse.headers,
    default: undefined,
    secret: true,
    example: '{ from_secret: keel_headers }',
    engines: ['keel'],
    description: 'More headers of the webhook.',
  }),
  token_value: setting({
    ...secret,
    example: '{ from_secret: webhook_token }',
    engines: ['keel'],
    description: 'A token for the Authorization header.',
  }),
  token_type: setting({
    ...line,
    default: 'Bearer',
    example: 'Token',
    engines: ['keel'],
    description: 'The word before the token in the Authorization header.',
  }),
  valid_response_codes: setting({
    type: 'list of numbers',
    parse: parse.integers,
    default: undefined,
    example: '[ 200, 202 ]',
    engines: ['keel'],
    description:
      'Status codes that mean success. Default: 200 for Keel’s native webhook, 200 to 299 for other URLs.',
  }),
  signature_secret: setting({
    ...secret,
    example: '{ from_secret: webhook_key }',
    engines: ['keel'],
    description:
      'Sign the body with this key. The signature is HMAC-SHA256 in hexadecimal digits, in the header `signature_header`.',
  }),
  signature_header: setting({
    ...line,
    default: 'X-Drone-Signature',
    example: 'X-Signature',
    engines: ['keel'],
    description: 'The header of the signature.',
  }),
  wait: setting({
    type: 'sent, approved, updated',
    parse: parse.word(['sent', 'approved', 'updated']),
    default: undefined,
    engines: ['keel'],
    description:
      'When the step ends. `sent`: Keel accepted the webhook. `approved`: the update got its votes. `updated`: the workloads run the release. Default: `updated` if Keel’s admin API (`username` and `password`) or a kubeconfig is set, otherwise `sent`.',
  }),
  approve: flag({ engines: ['keel'], description: 'Vote for the update as `voter`, if it needs approvals.' }),
  voter: setting({
    ...line,
    example: 'release-bot',
    engines: ['keel'],
    description:
      'The name to vote with. Default: the person who started the build. Keel counts each name once.',
  }),
  skip_verify: flag({ engines: ['keel'], description: 'Do not check the TLS certificate of `urls`.' }),
} as const satisfies Record<string, Setting<unknown>>;
