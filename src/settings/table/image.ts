import * as parse from '../parsers.ts';
import { choice, flag, line, type Setting, secret, setting } from './row.ts';

/** The image of the release: where it is, how it is verified and tagged. */
export const IMAGE = {
  repo: setting({
    ...line,
    required: 'except with `template`',
    description:
      'The repository of the image, with its registry, as the workload has it: `192.0.2.10:5000/shop`.',
  }),
  tag: setting({
    ...line,
    description:
      'The tag. Without it: the build’s tag without a leading `v`. Write it in quotes, or YAML makes 1.1 of 1.10.',
  }),
  verify: setting({
    type: 'true, strict, false',
    parse: parse.word(['true', 'strict', 'false']),
    default: undefined,
    description:
      'Ask the registry for the image before anything is touched. `true`: a tag that does not exist, or that runs on no node, is refused, and a registry that does not answer is a warning; `strict`: that is refused too; `false`: no request is made. Without it: `true`, with Keel `false`.',
  }),
  pin: choice(['tag', 'digest'], {
    default: 'tag',
    description:
      'What is written into the workload: the tag, or the tag with its digest (`repo:tag@sha256:…`), so that a tag that is moved later changes nothing.',
  }),
  registry: setting({
    ...line,
    description: 'The registry that the credentials are for. Without it: that of `repo`.',
  }),
  registry_username: setting({
    ...line,
    description: 'User of the registry. Without it `username`, where `urls` is not set.',
  }),
  registry_password: setting({
    ...secret,
    description: 'Password or access token of the registry. Without it `password`, where `urls` is not set.',
  }),
  config: setting({
    type: 'text',
    parse: parse.text,
    default: undefined,
    secret: true,
    description: 'A docker config (`config.json` with `auths`): its content, or the base64 of it.',
  }),
  insecure: flag({
    description: 'Allow a registry that speaks plain HTTP, or whose certificate nobody has signed.',
  }),
  registry_ca: setting({
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description: 'The certificate authority of the registry: PEM, or the base64 of it.',
  }),
  mirror: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'Mirrors of Docker Hub, which are asked first, in this order: `https://mirror.example.com`. What none of them has is asked of Docker Hub; tags are set there alone.',
  }),
  tags: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'More tags, put on the promoted digest after the promotion has succeeded: `[latest, production]`. Nothing is pulled or pushed but the manifest. On a rollback they go to the older release.',
  }),
  auto_tag: flag({
    description:
      'Put `1`, `1.2` and `1.2.3` on `1.2.3` after the promotion, as plugins/docker does; a pre-release gets only its own, and a tag that stands on a higher version stays there.',
  }),
  auto_tag_suffix: setting({
    ...line,
    description: 'A suffix for `auto_tag`: `1-alpine`.',
  }),
  promote_to: setting({
    ...line,
    description:
      'Another repository of the same registry (`prod/web`) that the image is brought to after the promotion, with its tag; `tags` and `auto_tag` are put there then.',
  }),
  verify_key: setting({
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description:
      'A public key (PEM, or the base64 of it): the image must have a cosign signature made with its private key, or it is refused. Keyless signatures are not checked.',
  }),
  artifact_file: setting({
    ...line,
    description:
      'The file that plugins/docker has written with its setting of that name: the registry must have the digest that it names.',
  }),
  digest_file: setting({
    ...line,
    description: 'A file with the digest of the image that was built, as other builders write it.',
  }),
  tag_file: setting({
    ...line,
    description: 'A file with the tag, such as plugins/docker’s `.tags`, where `tag` is not set.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
