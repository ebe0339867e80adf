import { messageOf, PromoteError } from '../../../errors.ts';
import { parseReference } from '../../../image/release/reference.ts';
import { NATIVE_PATH } from './endpoint.ts';

/** The part of a release that a webhook can name: the repository with its registry, and the tag. */
export interface KeelRelease {
  readonly repository: string;
  readonly tag: string;
}

/** What a body of the native webhook names. */
export interface NamedImage {
  readonly name: string;
  readonly tag: string;
  /** Empty where there is none. */
  readonly digest: string;
  /** The name, with `host` before it where the body has one. */
  readonly repository: string;
}

const WANTED = `${NATIVE_PATH} wants { "name": "registry.example.com:5000/team/web", "tag": "1.4.2" }.`;
const NAME_HINT = 'It is the whole repository, registry and port included, as the workload names its image.';
const TAG_HINT =
  'A promotion has DRONE_TAG only where the build that it promotes was one of a tag: promote such a build, or write the tag out.';
const IGNORED = 'Keel would answer 200 and do nothing';

/**
 * The body of the webhook: the template as plugins/webhook sends it (without its last newline), or name and tag of the release.
 * @param template with its expressions filled in
 * @param mark what the records that come of this webhook are known by; Keel passes it on as the digest, and pins nothing by it (measured)
 * @throws PromoteError `body` when there is nothing to make a body of
 */
export function bodyOf(
  template: string | undefined,
  release: KeelRelease | undefined,
  mark: string | undefined,
): string {
  if (template !== undefined && template.trim() !== '') {
    return template.replace(/\r?\n$/, '');
  }
  if (release === undefined || release.repository === '') {
    throw new PromoteError(
      'body',
      'Neither `template` nor `repo` is set: there is no image to tell Keel of.',
      {
        hint: 'Set `repo` to the image without its tag, such as registry.example.com:5000/team/web.',
      },
    );
  }
  return JSON.stringify({
    name: release.repository,
    tag: release.tag,
    ...(mark === undefined ? {} : { digest: mark }),
  });
}

/**
 * Refuses a body that Keel would refuse, or would take with a 200 and then ignore (both as measured on Keel 0.22.1). Keel reads JSON
 * whatever the content type says, so the native webhook is checked in any case; other addresses only when they are told JSON.
 * @returns the image that the native webhook would name
 * @throws PromoteError `body`
 */
export function checkBody(
  body: string,
  to: { contentType: string; isNative: boolean },
): NamedImage | undefined {
  if (!to.isNative && !/^application\/([\w.+-]+\+)?json\b/i.test(to.contentType)) return undefined;
  const value = parsed(body);
  if (!to.isNative) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PromoteError('body', 'The body is JSON, but not an object.', { hint: WANTED });
  }
  const name = textField(value, 'name', NAME_HINT);
  checkName(name);
  const tag = textField(value, 'tag', TAG_HINT);
  checkTag(tag);
  const { host = '', digest = '' } = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.toLowerCase(), typeof each === 'string' ? each : '']),
  );
  return { name, tag, digest, repository: host === '' ? name : `${host}/${name}` };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    // V8 names the position, save where the text ends too early.
    const position = Number(/position (\d+)/.exec(messageOf(cause))?.[1] ?? body.length);
    const before = body.slice(0, position).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const rest = body.slice(position).split('\n')[0]?.slice(0, 40) ?? '';
    const found = position >= body.length ? 'it ends too early' : `at "${rest}"`;
    throw new PromoteError('body', `The body is not JSON: ${place}, ${found}.`, {
      hint: 'Correct `template`; without it the body is made from `repo` and the tag.',
      cause,
    });
  }
}

/** Keel is written in Go, whose JSON decoder does not mind the case of a field's name, and takes the last of several. */
function textField(object: object, name: string, hint: string): string {
  const value: unknown = Object.entries(object).findLast(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  const found = value === undefined ? 'is missing' : value === '' ? 'is empty' : 'is not a text';
  throw new PromoteError('body', `"${name}" in the body ${found}.`, { hint });
}

function checkName(name: string): void {
  const fault = nameFault(name);
  if (fault === undefined) return;
  throw new PromoteError('body', `"name" in the body, "${name}", cannot be matched: ${fault} ${IGNORED}.`, {
    hint: NAME_HINT,
  });
}

/** A sentence, or nothing. */
function nameFault(name: string): string | undefined {
  try {
    // Keel takes a name with a scheme (measured); what counts stands behind it.
    const { tag, digest } = parseReference(name.replace(/^https?:\/\//, ''));
    if (tag !== undefined) return 'it has a tag, which belongs into "tag".';
    if (digest !== undefined) return 'it has a digest.';
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function checkTag(tag: string): void {
  try {
    parseReference(`any:${tag}`);
  } catch (cause) {
    throw new PromoteError('body', `"tag" in the body, "${tag}", is no tag of an image. ${IGNORED}.`, {
      hint: 'A tag has at most 128 letters, digits, ".", "_" and "-", and does not begin with "." or "-".',
      cause,
    });
  }
}
