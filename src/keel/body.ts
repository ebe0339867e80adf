import { PromoteError } from '../errors.ts';
import { NATIVE_PATH } from './endpoint.ts';
import type { KeelRelease } from './plan.ts';

const TAG_HINT =
  "a promotion has DRONE_TAG only if the build that it promotes was one of a tag; so promote a tag's build, or set the tag by hand";

/**
 * The body of the webhook: the template as plugins/webhook sends it (without its last newline), or name and tag of the release.
 * @throws PromoteError KEEL_TEMPLATE for Handlebars, KEEL_BODY when there is nothing to make a body of.
 */
export function bodyOf(template: string | undefined, release: KeelRelease | undefined): string {
  if (template !== undefined && template.trim() !== '') {
    if (template.includes('{{')) {
      throw new PromoteError(
        'KEEL_TEMPLATE',
        'template has Handlebars expressions ({{…}}), which are not supported',
        {
          hint: 'write what Drone fills in by itself, such as ${DRONE_TAG##v}, or leave template out and set repo',
        },
      );
    }
    return template.replace(/\r?\n$/, '');
  }
  if (release === undefined || release.repository === '') {
    throw new PromoteError(
      'KEEL_BODY',
      'neither template nor repo is set, so there is no image to tell Keel of',
      {
        hint: 'set repo to the image without its tag, such as registry.example.com:5000/team/web',
      },
    );
  }
  return JSON.stringify({ name: release.repository, tag: release.tag });
}

/**
 * Refuses a body that Keel would refuse, or would take with a 200 and then ignore (both as measured on Keel 0.22.1). Keel reads JSON
 * whatever the content type says, so the native webhook is checked in any case; other addresses only when they are told JSON.
 * @throws PromoteError KEEL_BODY_JSON, KEEL_BODY_NAME, KEEL_BODY_TAG
 */
export function checkBody(body: string, to: { contentType: string; isNative: boolean }): void {
  if (!to.isNative && !/^application\/([\w.+-]+\+)?json\b/i.test(to.contentType)) return;
  const value = parsed(body);
  if (!to.isNative) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PromoteError('KEEL_BODY_JSON', 'the body is JSON, but not an object', {
      hint: `${NATIVE_PATH} wants { "name": "registry.example.com:5000/team/web", "tag": "1.4.2" }`,
    });
  }
  checkName(
    textField(value, 'name', 'KEEL_BODY_NAME', 'it is the whole repository, registry and port included'),
  );
  checkTag(textField(value, 'tag', 'KEEL_BODY_TAG', TAG_HINT));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    const position = Number(/position (\d+)/.exec(String(cause))?.[1] ?? body.length);
    const before = body.slice(0, position).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const rest = body.slice(position).split('\n')[0]?.slice(0, 40) ?? '';
    const found = rest === '' ? 'it ends too early' : `at "${rest}"`;
    throw new PromoteError('KEEL_BODY_JSON', `the body is not JSON: ${place}, ${found}`, {
      hint: 'correct template; without one the body is made from repo and the tag',
      cause,
    });
  }
}

/** Keel is written in Go, whose JSON decoder does not mind the case of a field's name. */
function textField(object: object, name: string, code: string, hint: string): string {
  const value: unknown = Object.entries(object).findLast(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  const found =
    value === undefined
      ? 'is missing'
      : value === ''
        ? 'is empty'
        : `is ${JSON.stringify(value)}, not a text`;
  throw new PromoteError(code, `"${name}" in the body ${found}`, { hint });
}

function checkName(name: string): void {
  const fault = nameFault(name);
  if (fault === undefined) return;
  throw new PromoteError('KEEL_BODY_NAME', `"name" in the body, ${JSON.stringify(name)}, ${fault}`, {
    hint: 'Keel would answer 200 and do nothing; write the repository exactly as the workload names its image, without the tag',
  });
}

function nameFault(name: string): string | undefined {
  // Keel takes a name with a scheme; what counts for it stands behind.
  const bare = name.replace(/^https?:\/\//, '');
  const [first = '', ...others] = bare.split('/');
  const hasHost = others.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasHost ? others.join('/') : bare;
  if (/\s/.test(bare)) return 'has a blank in it';
  if (bare.includes('@')) return 'has a digest in it';
  if (path.includes(':')) return 'has a tag in it';
  if (/[A-Z]/.test(path)) return 'has upper case letters';
  return undefined;
}

/** A tag as the Distribution specification has it; of others Keel logs "invalid reference format" and answers 200. */
function checkTag(tag: string): void {
  if (/^\w[\w.-]{0,127}$/.test(tag)) return;
  throw new PromoteError(
    'KEEL_BODY_TAG',
    `"tag" in the body, ${JSON.stringify(tag)}, is not a tag that an image can have`,
    {
      hint: 'Keel would answer 200 and do nothing; a tag has letters, digits, "_", "." and "-", at most 128 of them',
    },
  );
}
