import Handlebars from 'handlebars';
import type { Build } from '../../../ci/build.ts';
import { messageOf, PromoteError } from '../../../errors.ts';

/**
 * Fills in the template's expressions as plugins/webhook does, with the same names: `repo.owner`,
 * `repo.name`, `build.tag`, `build.event`, `build.number`, `build.commit`, `build.ref`, `build.branch`,
 * `build.author`, `build.message`, `build.status`, `build.link`, `build.started`, `build.created`. `{{…}}`
 * escapes for a JSON string, but plugins/webhook escapes for HTML. `{{{…}}}` does not escape.
 *
 * @throws PromoteError `template` if it cannot be parsed, or uses a name that does not exist
 */
export function render(template: string, build: Build): string {
  const handlebars = Handlebars.create();
  // the library has no other way to change the escaping; nothing else in this program renders templates
  handlebars.Utils.escapeExpression = escapeJson;
  for (const [name, helper] of Object.entries(HELPERS)) handlebars.registerHelper(name, helper);
  try {
    // strict: a name that does not exist is an error, instead of an empty string in place of a tag
    return handlebars.compile(template, { strict: true })(dataOf(build));
  } catch (cause) {
    throw new PromoteError(
      'template',
      `\`template\` cannot be filled in: ${messageOf(cause).split('\n')[0]}.`,
      {
        cause,
        hint: 'Valid names are repo.owner, repo.name, and of build: tag, event, number, commit, ref, branch, author, message, status, link, started, created.',
      },
    );
  }
}

function dataOf(build: Build) {
  const { tag, event, commit, ref, branch, author, message, status, link } = build;
  const [number, started, created] = [build.number, build.started, build.created].map(Number);
  const slash = build.repository.lastIndexOf('/');
  return {
    repo: { owner: build.repository.slice(0, Math.max(0, slash)), name: build.repository.slice(slash + 1) },
    build: { tag, event, number, commit, ref, branch, author, message, status, link, started, created },
  };
}

function escapeJson(value: unknown): string {
  if (value instanceof Handlebars.SafeString) return value.toString();
  return JSON.stringify(String(value ?? '')).slice(1, -1);
}

/** The helpers of drone-template-lib that transform text, or choose by a build's status. */
const HELPERS: Readonly<Record<string, Handlebars.HelperDelegate>> = {
  uppercase: (text: unknown) => String(text).toUpperCase(),
  lowercase: (text: unknown) => String(text).toLowerCase(),
  uppercasefirst: (text: unknown) => String(text).replace(/^./u, (first) => first.toUpperCase()),
  trim: (text: unknown) => String(text).trim(),
  trimPrefix: (prefix: unknown, text: unknown) =>
    String(text).startsWith(String(prefix)) ? String(text).slice(String(prefix).length) : String(text),
  truncate: (text: unknown, length: number) => {
    const all = [...String(text)];
    return (length < 0 ? all.slice(length) : all.slice(0, length)).join('');
  },
  urlencode(this: unknown, options: Handlebars.HelperOptions) {
    return new Handlebars.SafeString(encodeURIComponent(options.fn(this)).replaceAll('%20', '+'));
  },
  success(this: unknown, status: unknown, options: Handlebars.HelperOptions) {
    return status === 'success' ? options.fn(this) : options.inverse(this);
  },
  failure(this: unknown, status: unknown, options: Handlebars.HelperOptions) {
    return ['failure', 'error', 'killed'].includes(String(status)) ? options.fn(this) : options.inverse(this);
  },
};
