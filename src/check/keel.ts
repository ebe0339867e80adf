import { type Admin, adminOf, type Reply } from '../engines/keel/admin/client.ts';
import { endpointOf } from '../engines/keel/webhook/endpoint.ts';
import type { Settings } from '../settings/settings.ts';
import { type CheckLine, fault, faultOf, note, ok } from './line.ts';

/** Asks each Keel of `urls` for its version, which changes nothing. Other webhooks are not asked. */
export async function checkKeels(settings: Settings): Promise<CheckLine[]> {
  const { urls = [], username, password, skip_verify: skipVerify } = settings;
  return Promise.all(
    urls.map(async (url) => {
      try {
        const endpoint = endpointOf(url);
        if (!endpoint.isNative)
          return note('keel', `${endpoint.shown} is not Keel's native webhook, so it was not asked.`);
        const given = username !== undefined && password !== undefined ? { username, password } : undefined;
        const auth = endpoint.auth ?? given;
        const admin = adminOf({ endpoint, auth, skipVerify });
        const version = await admin.version();
        // the version needs no credentials, so they are tried at the approvals
        const reply = auth && version.kind !== 'down' ? await deniedOr(version, admin) : version;
        return keelLine(admin.host, reply, auth !== undefined);
      } catch (error) {
        return faultOf('keel', error);
      }
    }),
  );
}

async function deniedOr(
  version: Reply<string | undefined>,
  admin: Admin,
): Promise<Reply<string | undefined>> {
  const approvals = await admin.approvals();
  return approvals.kind === 'denied' ? approvals : version;
}

/** The line about one Keel. Pure. @param hasAuth whether credentials were sent */
export function keelLine(host: string, reply: Reply<string | undefined>, hasAuth: boolean): CheckLine {
  switch (reply.kind) {
    case 'ok':
      return ok('keel', `${host} answers${reply.value === undefined ? '' : `, version ${reply.value}`}`);
    case 'absent':
      return ok('keel', `${host} answers`);
    case 'denied':
      return hasAuth
        ? fault(
            'keel',
            'keel-credentials',
            `${host} does not accept \`username\` and \`password\`.`,
            'They are BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel.',
          )
        : fault(
            'keel',
            'keel-credentials',
            `${host} wants credentials.`,
            'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel.',
          );
    case 'down':
      // something answers, perhaps a proxy that lets only the webhook through
      if (/^(status|an) /.test(reply.reason))
        return note('keel', `${host} answers, but not as Keel does: ${reply.reason} at /version.`);
      return fault(
        'keel',
        'keel-failed',
        `${host} does not answer: ${reply.reason}.`,
        'Check host and port of urls (Keel listens on 9300), and that its pod runs.',
      );
  }
}
