import { parseRequirements } from '../allowed/requires.ts';
import * as parse from '../parsers.ts';
import { choice, flag, line, type Setting, secret, setting } from './row.ts';

/** The image of the release: where it is, how it is verified and tagged. */
export const IMAGE = {
  repo: setting({
    ...line,
    required: 'except with `template`',
    example: '192.0.2.10:5000/shop/web',
    description:
      'The repository of the image, with its registry and without a tag, exactly as the workload names it. Example: `192.0.2.10:5000/shop`.',
  }),
  tag: setting({
    ...line,
    example: "'1.10'",
    description:
      'The tag of the release. Default: the tag of the build without a leading `v`. Quote it in YAML; otherwise YAML reads 1.10 as the number 1.1.',
  }),
  verify: setting({
    type: 'true, strict, false',
    parse: parse.word(['true', 'strict', 'false']),
    default: undefined,
    description:
      'Check the image at its registry before the first write. `true` refuses a tag that does not exist or has no image for the nodes’ platform, and warns if the registry does not answer. `strict` refuses in that case too. `false` sends no request. Default: `true`; with Keel `false`.',
  }),
  requires: setting({
    type: 'list',
    parse: (given: string) => parseRequirements(parse.list(given)),
    default: undefined,
    example: '[ staging ]',
    description:
      'Where the release must have been before. `staging` is a tag of `repo` that must be on the digest of the release; the step of that environment sets it by `tags`. `shop-staging/web` is a namespace with a Deployment of the same cluster (`shop-staging/statefulset/db`: with a workload of another kind), in whose record of the last ten outcomes the release must be promoted (native engine). A rollback needs neither.',
  }),
  pin: choice(['tag', 'digest'], {
    default: 'tag',
    engines: ['native', 'argo'],
    description:
      'What to write into the workload. `tag` writes `repo:tag`. `digest` writes `repo:tag@sha256:…`, so that a tag that is moved later does not change the release.',
  }),
  registry: setting({
    ...line,
    example: '192.0.2.10:5000',
    description: 'The registry that the credentials belong to. Default: the registry of `repo`.',
  }),
  registry_username: setting({
    ...line,
    example: 'reader',
    description:
      'The user at the registry. Default: `username`, unless `urls` is set, because `username` then belongs to Keel.',
  }),
  registry_password: setting({
    ...secret,
    example: '{ from_secret: registry_password }',
    description:
      'The password or access token of that user. Default: `password`, unless `urls` is set, because `password` then belongs to Keel.',
  }),
  config: setting({
    type: 'string',
    parse: parse.text,
    default: undefined,
    secret: true,
    example: '{ from_secret: docker_config }',
    description:
      'Credentials for registries as a docker config (`config.json` with `auths`): its content, or the base64 of it.',
  }),
  insecure: flag({
    description: 'Allow a registry that uses plain HTTP or a self-signed certificate.',
  }),
  registry_ca: setting({
    type: 'string',
    parse: parse.pem,
    default: undefined,
    example: '{ from_secret: registry_ca }',
    description: 'The certificate authority of the registry: PEM, or the base64 of it.',
  }),
  mirror: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    example: '[ https://mirror.example.com ]',
    description:
      'Mirrors of Docker Hub, in the order in which they are asked. Example: `https://mirror.example.com`. If no mirror has the image, Docker Hub is asked. Tags are always written to Docker Hub.',
  }),
  tags: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    example: '[ latest, production ]',
    description:
      'More tags for the promoted digest, set after a successful promotion. Example: `[latest, production]`. Only the manifest is copied. A rollback moves these tags to the older release.',
  }),
  auto_tag: flag({
    description:
      'Set `1`, `1.2` and `1.2.3` for release `1.2.3` after a successful promotion, as plugins/docker does. A pre-release gets its own tag only. A tag that points to a higher version is not moved.',
  }),
  auto_tag_suffix: setting({
    ...line,
    example: 'alpine',
    description: 'A suffix for the tags of `auto_tag`. Example: `alpine` sets `1-alpine`.',
  }),
  promote_to: setting({
    ...line,
    example: 'prod/web',
    description:
      'Another repository of the same registry (`prod/web`). The image is copied there, with its tag, after a successful promotion. `tags` and `auto_tag` then apply to that repository.',
  }),
  verify_key: setting({
    type: 'string',
    parse: parse.pem,
    default: undefined,
    example: '{ from_secret: cosign_pub }',
    description:
      'A public key: PEM, or the base64 of it. The image must carry a cosign signature made with the matching private key; otherwise it is refused.',
  }),
  verify_identity: setting({
    ...line,
    example: 'https://github.com/acme/*',
    description:
      'Who must have signed the image without a key: the identity in the certificate, in which `*` stands for any characters. Example: `https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/*`. It needs `verify_issuer` and `verify_trusted_root`.',
  }),
  verify_issuer: setting({
    ...line,
    example: 'https://token.actions.githubusercontent.com',
    description:
      'The issuer that has confirmed this identity. Example: `https://token.actions.githubusercontent.com`.',
  }),
  verify_trusted_root: setting({
    type: 'string',
    parse: parse.text,
    default: undefined,
    example: 'trusted_root.json',
    description:
      'The trusted root of Sigstore (`trusted_root.json`): its content, or a path. The step asks no server for it.',
  }),
  verify_provenance: setting({
    ...line,
    example: 'https://github.com/actions/runner/*',
    description:
      'The builder that must have built the image, in which `*` stands for any characters. The signer (`verify_key` or `verify_identity`) must attest it by a SLSA provenance; a signature is not needed then. Example: `https://github.com/actions/runner/github-hosted`.',
  }),
  artifact_file: setting({
    ...line,
    example: 'artifact.json',
    description:
      'The file that plugins/docker writes with its own setting `artifact_file`. The registry must serve the digest that the file contains. On Harness, a file whose name ends in `-artifact` is ignored if it does not exist, because Harness sets this variable itself.',
  }),
  digest_file: setting({
    ...line,
    example: '.digest',
    description:
      'A file that contains the digest of the image, as other builders write it. The registry must serve that digest.',
  }),
  tag_file: setting({
    ...line,
    example: '.tags',
    description:
      'A file that contains the tag, such as `.tags` of plugins/docker. It is used if `tag` is not set.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
