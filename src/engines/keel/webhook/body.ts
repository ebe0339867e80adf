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
  /** Empty if the body has none. */
  readonly digest: string;
  /** The name, with the prefix `host/` if the body has a host. */
  readonly repository: string;
}

const EXPECTED = `${NATIVE_PATH} expects { "name": "registry.example.com:5000/team/web", "tag": "1.4.2" }.`;
const NAME_HINT = "Write the whole repository with registry and port, as in the workload's image.";
const TAG_HINT =
  'A promotion has DRONE_TAG only if it promotes the build of a tag. Promote such a build, or write the tag into `template`.';
const IGNORED = 'Keel would answer 200 and do nothing';

/**
 * Makes the body of the webhook: the template as plugins/webhook sends it (without its last newline), or name
 * and tag of the release.
 *
 * @param template with its expressions filled in
 * @param webhookId identifies the records of this webhook; Keel stores it as the digest, and pins nothing by
 * it (measured)
 * @throws PromoteError `body` if there is neither a template nor a release
 */
export function bodyOf(
  template: string | undefined,
  release: KeelRelease | undefined,
  webhookId: string | undefined,
): string {
  if (template !== undefined && template.trim() !== '') {
    return template.replace(/\r?\n$/, '');
  }
  if (release === undefined || release.repository === '') {
    throw new PromoteError(
      'body',
      'Neither `template` nor `repo` is set, so the webhook has no image to name.',
      {
        hint: 'Set `repo` to the image without its tag, such as registry.example.com:5000/team/web.',
      },
    );
  }
  return JSON.stringify({
    name: release.repository,
    tag: release.tag,
    ...(webhookId === undefined ? {} : { digest: webhookId }),
  });
}

/**
 * Refuses a body that Keel would refuse, or would accept with a 200 and then ignore (both measured on Keel
 * 0.22.1). Keel ignores the content type and always reads JSON, so a body for the native webhook is always
 * checked. A body for another address is checked only if its content type is JSON.
 *
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
    throw new PromoteError('body', 'The body is JSON, but not an object.', { hint: EXPECTED });
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
    // V8 names the position, except if the text ends too early.
    const position = Number(/position (\d+)/.exec(messageOf(cause))?.[1] ?? body.length);
    const before = body.slice(0, position).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const rest = body.slice(position).split('\n')[0]?.slice(0, 40) ?? '';
    const found = position >= body.length ? 'it ends too early' : `at "${rest}"`;
    throw new PromoteError('body', `The body is not JSON: ${place}, ${found}.`, {
      hint: 'Correct `template`. Without it, the step makes the body from `repo` and the tag.',
      cause,
    });
  }
}

/**
 * Reads a field as Keel's JSON decoder (of Go) does: it ignores the case of names, and takes the last of
 * several fields with one name.
 */
function textField(object: object, name: string, hint: string): string {
  const value: unknown = Object.entries(object).findLast(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  const found = value === undefined ? 'is missing' : value === '' ? 'is empty' : 'is not a string';
  throw new PromoteError('body', `"${name}" in the body ${found}.`, { hint });
}

function checkName(name: string): void {
  const fault = nameFault(name);
  if (fault === undefined) return;
  throw new PromoteError('body', `"name" in the body, "${name}", cannot be matched: ${fault} ${IGNORED}.`, {
    hint: NAME_HINT,
  });
}

/** Why Keel cannot match the name, as a sentence; undefined if it can. */
function nameFault(name: string): string | undefined {
  try {
    // Keel accepts a name with a scheme (measured), and ignores the scheme.
    const { tag, digest } = parseReference(name.replace(/^https?:\/\//, ''));
    if (tag !== undefined) return 'it has a tag, which belongs in "tag".';
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
    throw new PromoteError('body', `"tag" in the body, "${tag}", is not a valid image tag. ${IGNORED}.`, {
      hint: 'A tag has at most 128 letters, digits, ".", "_" and "-", and does not begin with "." or "-".',
      cause,
    });
  }
}
